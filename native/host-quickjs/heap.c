/* Owns the memory of the engine: blocks of a few sizes, on one free list for each. A command lives for
   milliseconds, of which a general allocator takes a good part; nothing goes back to the kernel before its
   end. Until the snapshot is made, all of it lies in there. Only the thread of JavaScript uses it. */

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

/* So that what follows the first header is aligned. */
static void use_memory(char *begin, char *end)
{
	heap->next = begin + STEP - sizeof(struct header);
	heap->end = end;
}

void heap_open(void)
{
	use_memory((char *)(&snapshot + 1), snapshot_end);
}

/* What is free in the snapshot stays so: a page of it would have to be copied first. Returns where it ends. */
const char *heap_seal(void)
{
	memset(heap->free, 0, sizeof heap->free);
	heap->end = heap->next;
	return heap->end;
}

void heap_resume(void)
{
	not_counted_end = (uintptr_t)snapshot_end;
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
	/* The build gave the snapshot too little: it must not hold what lies elsewhere. */
	if (!snapshot.is_made)
		return false;
	size_t bytes = least + STEP > CHUNK_BYTES ? least + STEP : CHUNK_BYTES;
	long chunk = SYSCALL(__NR_mmap, NULL, bytes, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (is_error(chunk))
		return false;
	use_memory((char *)chunk, (char *)chunk + bytes);
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
	if (!snapshot.is_made)
		return NULL;
	char *start = realloc(old == NULL ? NULL : (char *)old - STEP, size + STEP);
	if (start == NULL)
		return NULL;
	header_of(start + STEP)->size = size;
	return start + STEP;
}

static void *allocate(JSMallocState *state, size_t size)
{
	void *bytes = is_block(size) ? take_block(size) : take_large(NULL, size);
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

static void *reallocate(JSMallocState *state, void *bytes, size_t size)
{
	if (bytes == NULL)
		return size == 0 ? NULL : allocate(state, size);
	if (size == 0) {
		release(state, bytes);
		return NULL;
	}
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
