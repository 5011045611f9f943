/* Owns the memory of the engine: small blocks of a few sizes, on one free list for each. A command lives for some
   milliseconds, a tenth of which glibc's general allocator took; nothing goes back to the kernel before its end.
   There is one thread. */

#include "host.h"
#include "../init/syscall.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define STEP 16 /* of the sizes; and what every block is aligned to */
#define MOST_STEPS 32
#define LARGEST (MOST_STEPS * STEP - sizeof(struct header))
#define CHUNK_BYTES (256 << 10)

struct header {
	size_t size; /* of what follows */
};

/* A block in use, or in a list of free ones. */
struct block {
	struct header header;
	struct block *next; /* where the bytes are while it is in use */
};

static struct {
	struct block *free[MOST_STEPS + 1];
	char *next, *end; /* what is left of the last chunk */
} heap;

static struct header *header_of(const void *bytes)
{
	return (struct header *)bytes - 1;
}

/* How many steps a block takes with its header. */
static size_t steps_for(size_t size)
{
	return (size + sizeof(struct header) + STEP - 1) / STEP;
}

static bool add_chunk(void)
{
	long chunk = SYSCALL(__NR_mmap, NULL, CHUNK_BYTES, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (is_error(chunk))
		return false;
	/* So that what follows the header is aligned. */
	heap.next = (char *)chunk + STEP - sizeof(struct header);
	heap.end = (char *)chunk + CHUNK_BYTES;
	return true;
}

static void *take_small(size_t steps)
{
	struct block *block = heap.free[steps];
	if (block != NULL) {
		heap.free[steps] = block->next;
		return &block->next;
	}
	if ((size_t)(heap.end - heap.next) < steps * STEP && !add_chunk())
		return NULL;
	block = (struct block *)heap.next;
	heap.next += steps * STEP;
	block->header.size = steps * STEP - sizeof(struct header);
	return &block->next;
}

/* The rest go to malloc, with a whole step before them to keep the alignment. */
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
	void *bytes = size <= LARGEST ? take_small(steps_for(size)) : take_large(NULL, size);
	if (bytes != NULL)
		state->malloc_size += header_of(bytes)->size;
	return bytes;
}

static void release(JSMallocState *state, void *bytes)
{
	if (bytes == NULL)
		return;
	size_t size = header_of(bytes)->size;
	state->malloc_size -= size;
	if (size > LARGEST) {
		free((char *)bytes - STEP);
		return;
	}
	struct block *block = (struct block *)header_of(bytes);
	block->next = heap.free[steps_for(size)];
	heap.free[steps_for(size)] = block;
}

static void *reallocate(JSMallocState *state, void *bytes, size_t size)
{
	if (bytes == NULL)
		return size == 0 ? NULL : allocate(state, size);
	if (size == 0) {
		release(state, bytes);
		return NULL;
	}
	size_t old_size = header_of(bytes)->size;
	if (old_size <= LARGEST && size <= old_size)
		return bytes;
	if (old_size > LARGEST && size > LARGEST) {
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

static size_t usable_size(const void *bytes)
{
	return bytes == NULL ? 0 : header_of(bytes)->size;
}

const JSMallocFunctions heap_functions = {
	.js_malloc = allocate,
	.js_free = release,
	.js_realloc = reallocate,
	.js_malloc_usable_size = usable_size,
};
