/* Owns the memory of the engine: blocks of a few sizes, on one free list for each. A command lives for
   milliseconds, of which a general allocator takes a good part; nothing goes back to the kernel before its
   end. What is in the snapshot (snapshot-heap.c) is never given back. Only the thread of JavaScript uses it. */

#include "host.h"
#include "../init/syscall.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define STEP ((size_t)16) /* of the small sizes; and what every block is aligned to */
#define SMALL ((size_t)512)
#define LARGE ((size_t)512 << 10)
#define SMALL_LOG2 9
/* Filled by the kernel at one stroke: a fault for each page takes longer, and so would a larger chunk. */
#define CHUNK_BYTES ((size_t)32 << 10)

struct header {
	size_t size; /* of what follows */
};

/* A block in use, or in a list of free ones. */
struct block {
	struct header header;
	struct block *next; /* where the bytes are while it is in use */
};

uintptr_t not_counted_end;
int not_counted = 1 << 30;

static struct heap *const heap = &snapshot.heap;

static struct header *header_of(const void *bytes)
{
	return (struct header *)bytes - 1;
}

void heap_resume(void)
{
	not_counted_end = (uintptr_t)snapshot_end;
}

/* Nothing of the heap lies below it. */
static bool is_in_snapshot(const void *bytes)
{
	return (const char *)bytes < snapshot_end;
}

/* Rounds the bytes of a block with its header up to one of the sizes: every 16 bytes to begin with, then four
   to each doubling. Returns the number of the size. */
static unsigned round_up(size_t *bytes)
{
	if (*bytes <= SMALL) {
		unsigned steps = (unsigned)((*bytes + STEP - 1) / STEP);
		*bytes = steps * STEP;
		return steps;
	}
	unsigned log2 = 63 - (unsigned)__builtin_clzl(*bytes - 1);
	size_t quarter = (size_t)1 << (log2 - 2);
	unsigned quarters = (unsigned)((*bytes + quarter - 1) / quarter);
	*bytes = quarters * quarter;
	return (unsigned)(SMALL / STEP) + (log2 - SMALL_LOG2) * 4 + quarters - 4;
}

static bool add_chunk(size_t least)
{
	size_t bytes = least + STEP > CHUNK_BYTES ? least + STEP : CHUNK_BYTES;
	long chunk = SYSCALL(__NR_mmap, NULL, bytes, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (is_error(chunk))
		return false;
	/* So that what follows the first header is aligned. */
	heap->next = (char *)chunk + STEP - sizeof(struct header);
	heap->end = (char *)chunk + bytes;
	return true;
}

static void *take_block(size_t size)
{
	size_t bytes = size + sizeof(struct header);
	struct block **list = &heap->free[round_up(&bytes)];
	struct block *block = *list;
	if (block != NULL) {
		*list = block->next;
		return &block->next;
	}
	if ((size_t)(heap->end - heap->next) < bytes && !add_chunk(bytes))
		return NULL;
	block = (struct block *)heap->next;
	heap->next += bytes;
	block->header.size = bytes - sizeof(struct header);
	return &block->next;
}

static bool is_block(size_t size)
{
	return size + sizeof(struct header) <= LARGE;
}

/* What is larger goes to malloc, with a step before it for the header. */
static void *take_large(void *old, size_t size)
{
	char *start = realloc(old == NULL ? NULL : (char *)old - STEP, size + STEP);
	if (start == NULL)
		return NULL;
	header_of(start + STEP)->size = size;
	return start + STEP;
}

static void *allocate(JSMallocState *state, size_t size)
{
	if (!snapshot.is_made)
		return snapshot_allocate(size);
	void *bytes = is_block(size) ? take_block(size) : take_large(NULL, size);
	if (bytes != NULL)
		state->malloc_size += header_of(bytes)->size;
	return bytes;
}

static void release(JSMallocState *state, void *bytes)
{
	if (is_in_snapshot(bytes)) { /* or NULL */
		if (!snapshot.is_made && bytes != NULL)
			snapshot_release(bytes);
		return;
	}
	size_t size = header_of(bytes)->size;
	state->malloc_size -= size;
	if (!is_block(size)) {
		free((char *)bytes - STEP);
		return;
	}
	size_t with_header = size + sizeof(struct header);
	struct block **list = &heap->free[round_up(&with_header)];
	struct block *block = (struct block *)header_of(bytes);
	block->next = *list;
	*list = block;
}

/* Out of the snapshot, where no size is known: what lies behind the block comes along, and is not looked at. */
static void *copy_out(JSMallocState *state, const char *bytes, size_t size)
{
	size_t most = (size_t)(snapshot_end - bytes);
	void *copy = allocate(state, size);
	return copy == NULL ? NULL : memcpy(copy, bytes, size < most ? size : most);
}

static void *move(JSMallocState *state, void *bytes, size_t size)
{
	size_t old_size = header_of(bytes)->size;
	if (is_block(old_size) && size <= old_size)
		return bytes;
	if (!is_block(old_size) && !is_block(size)) {
		bytes = take_large(bytes, size);
		if (bytes != NULL)
			state->malloc_size += size - old_size;
		return bytes;
	}
	void *moved = allocate(state, size);
	if (moved == NULL)
		return NULL;
	memcpy(moved, bytes, size < old_size ? size : old_size);
	release(state, bytes);
	return moved;
}

static void *reallocate(JSMallocState *state, void *bytes, size_t size)
{
	if (bytes == NULL)
		return size == 0 ? NULL : allocate(state, size);
	if (size == 0) {
		release(state, bytes);
		return NULL;
	}
	if (!is_in_snapshot(bytes))
		return move(state, bytes, size);
	return snapshot.is_made ? copy_out(state, bytes, size) : snapshot_reallocate(bytes, size);
}

/* None of it is to spare in the snapshot. */
static size_t usable_size(const void *bytes)
{
	return is_in_snapshot(bytes) ? 0 : header_of(bytes)->size;
}

const JSMallocFunctions heap_functions = {
	.js_malloc = allocate,
	.js_free = release,
	.js_realloc = reallocate,
	.js_malloc_usable_size = usable_size,
};
