/* Owns the memory of the engine while the snapshot is made: blocks as small as they can be, without headers, as none
   of them is given back later. Their sizes stand beside the snapshot and not in it. Slow and simple: it runs once,
   at build time. */

#include "host.h"

#include <stdlib.h>
#include <string.h>

#define STEP ((size_t)8) /* of sizes, and what every block is aligned to */

struct hole {
	char *begin;
	size_t bytes;
};

static uint32_t *sizes; /* in steps, of the block that begins at this step of the snapshot */
static struct hole *holes;
static size_t hole_count, hole_room;

static uint32_t *size_at(const void *block)
{
	return &sizes[((char *)block - (char *)&snapshot) / STEP];
}

void snapshot_heap_open(void)
{
	sizes = calloc((snapshot_end - (char *)&snapshot) / STEP, sizeof *sizes);
	if (sizes == NULL)
		die("out of memory");
	snapshot.heap.next = (char *)(&snapshot + 1);
	snapshot.heap.end = snapshot_end;
}

const char *snapshot_heap_seal(void)
{
	snapshot.heap.end = snapshot.heap.next;
	return snapshot.heap.end;
}

/* The smallest hole that is large enough; what is left of it stays one. */
static char *take_hole(size_t bytes)
{
	struct hole *best = NULL;
	for (struct hole *hole = holes; hole < holes + hole_count; hole++)
		if (hole->bytes >= bytes && (best == NULL || hole->bytes < best->bytes))
			best = hole;
	if (best == NULL)
		return NULL;
	char *begin = best->begin;
	best->begin += bytes;
	best->bytes -= bytes;
	if (best->bytes == 0)
		*best = holes[--hole_count];
	return begin;
}

void *snapshot_allocate(size_t size)
{
	size_t bytes = size == 0 ? STEP : (size + STEP - 1) / STEP * STEP;
	char *block = take_hole(bytes);
	if (block == NULL) {
		/* The build gave the snapshot too little: it must not hold what lies elsewhere. */
		if ((size_t)(snapshot.heap.end - snapshot.heap.next) < bytes)
			return NULL;
		block = snapshot.heap.next;
		snapshot.heap.next += bytes;
	}
	*size_at(block) = (uint32_t)(bytes / STEP);
	return block;
}

/* Joined with those that it touches. */
static void add_hole(struct hole new)
{
	for (size_t i = 0; i < hole_count;) {
		bool is_before = holes[i].begin + holes[i].bytes == new.begin;
		if (!is_before && new.begin + new.bytes != holes[i].begin) {
			i++;
			continue;
		}
		if (is_before)
			new.begin = holes[i].begin;
		new.bytes += holes[i].bytes;
		holes[i] = holes[--hole_count];
	}
	if (hole_count == hole_room) {
		hole_room = hole_room == 0 ? 1024 : 2 * hole_room;
		holes = realloc(holes, hole_room * sizeof *holes);
		if (holes == NULL)
			die("out of memory");
	}
	holes[hole_count++] = new;
}

void snapshot_release(void *block)
{
	struct hole hole = {block, *size_at(block) * STEP};
	if (hole.begin + hole.bytes == snapshot.heap.next)
		snapshot.heap.next = hole.begin;
	else
		add_hole(hole);
}

void *snapshot_reallocate(void *block, size_t size)
{
	size_t old_size = *size_at(block) * STEP;
	if (size <= old_size && size > old_size - STEP)
		return block;
	void *moved = snapshot_allocate(size);
	if (moved == NULL)
		return NULL;
	memcpy(moved, block, size < old_size ? size : old_size);
	snapshot_release(block);
	return moved;
}
