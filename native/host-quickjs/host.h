/* Owns the state of runt, and the names of what JavaScript gets as its kernel (src/system/kernel.ts). One
   thread uses all of it, so nothing is locked. */

#ifndef HOST_H
#define HOST_H

#include "../kernel/kernel.h"
#include "convert.h"

/* The one context, and what waits in it. */
struct host {
	JSRuntime *runtime;
	JSContext *context;
	JSValue kernel, main; /* the object, and the function of the program */
	JSClassID uint8_array, int32_array;
	struct poll_table table;
	bool has_table;
	unsigned waiting;             /* pending polls */
	struct rejection *rejections; /* promises that failed, and that nobody has looked at yet */
};

#define HEAP_SIZES 73

struct heap {
	struct block *free[HEAP_SIZES]; /* by the number of the size */
	char *next, *end;               /* what was never used of the memory at hand */
};

/* The engine with our code in it, ready to run: made by the executable itself at build time, and stored in
   it. What is in here may point to itself and to the executable, which is never loaded elsewhere, and to
   nothing else. Nothing in it differs from process to process, the seed of Math.random neither. */
extern struct snapshot {
	bool is_made;
	struct heap heap;
	struct host host;
} snapshot; /* the blocks follow */
extern char snapshot_end[];

/* heap.c */
void heap_resume(void);
extern const JSMallocFunctions heap_functions;

/* snapshot-heap.c: the same while the snapshot is made; NULL when it has no room. What is free when it is sealed
   stays so: a page of it would have to be copied first. Returns where the snapshot ends. */
void snapshot_heap_open(void);
const char *snapshot_heap_seal(void);
void *snapshot_allocate(size_t size);
void snapshot_release(void *block);
void *snapshot_reallocate(void *block, size_t size);

/* program.c: makes an engine and evaluates the program in it: the bytecode of one ECMAScript module that has a
   function main. */
void open_program(struct host *host, const uint8_t *bytecode, size_t length);

/* eager-properties.inc: makes what the engine else makes when it is asked for first. Negative: an exception is
   pending. */
int make_all_properties(JSContext *ctx);

/* loop.c: runs jobs and waits until the promise is settled. False when an exception is pending, which may be
   that of any promise that failed and that nobody handles. */
bool run_until_settled(struct host *host, JSValueConst promise);

/* spawn.c: whether a child is on its way to its exec, and waiting for it; false when an exception is pending. */
bool is_spawning(void);
bool finish_spawn(JSContext *ctx);

/* promises.c: a promise, and what settles it once: that frees the resolver, and takes the value. */
struct resolver {
	JSValue resolve;
};

struct resolver *make_promise(JSContext *ctx, JSValue *promise);
bool resolve_promise(JSContext *ctx, struct resolver *resolver, JSValue value);
void track_rejection(JSContext *ctx, JSValueConst promise, JSValueConst reason, JS_BOOL is_handled,
		     void *opaque);
/* Throws the reason of a promise that failed and that nobody handles; false when there is none. */
bool throw_rejection(struct host *host);

/* die.c: ends the process, with one line on standard error and status 1. */
_Noreturn void die(const char *reason);
_Noreturn void die_of_exception(JSContext *ctx);

/* kernel.c */
struct host *host_of(JSContext *ctx);
JSValue make_kernel(JSContext *ctx);

typedef JSValue kernel_function(JSContext *ctx, JSValueConst this_value, int count, JSValueConst *values);

kernel_function kernel_js_call; /* call.c */
kernel_function kernel_js_exec;
kernel_function kernel_js_encode_text; /* files.c */
kernel_function kernel_js_decode_text;
kernel_function kernel_js_read_file;
kernel_function kernel_js_write_file;
kernel_function kernel_js_init_image;
kernel_function kernel_js_send; /* sockets.c */
kernel_function kernel_js_receive;
kernel_function kernel_js_spawn; /* spawn.c */
kernel_function kernel_js_poll;  /* loop.c */
kernel_function kernel_js_unpoll;

#endif
