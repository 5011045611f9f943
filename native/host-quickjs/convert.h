/* Owns the way between the engine's values and those of C, and the rule for errors: a function that fails
   leaves exactly one exception pending. It knows no kernel, and keeps nothing beyond a call. */

#ifndef CONVERT_H
#define CONVERT_H

#include <quickjs/quickjs.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Throws a TypeError: "`name` must be `expected`". Always false. */
bool mismatch(JSContext *ctx, const char *name, const char *expected);

/* UTF-8 with a NUL at the end, a lone surrogate as U+FFFD. Once text_read was called, with any result,
   text_free may be. */
struct text {
	const char *chars; /* NULL when reading failed */
	size_t length;
	bool has_nul;        /* a NUL inside: the kernel would see another string than JavaScript did */
	const char *engines; /* what the engine lent us */
	char *repaired;      /* heap, when it held a lone surrogate */
};

bool text_read(JSContext *ctx, JSValueConst value, const char *name, struct text *text);
void text_free(JSContext *ctx, struct text *text);
/* The text of bytes; what is not UTF-8 becomes U+FFFD, as the Encoding Standard has it. */
JSValue make_text(JSContext *ctx, const uint8_t *bytes, size_t length);

struct bytes {
	uint8_t *data;
	size_t length;
};

/* The engine's number for the typed arrays of a kind, which it does not export. */
bool find_view_class(JSContext *ctx, JSTypedArrayEnum type, JSClassID *id);

bool is_uint8_array(JSContext *ctx, JSValueConst value);
/* The memory of a Uint8Array, valid until JavaScript runs again. */
bool read_bytes(JSContext *ctx, JSValueConst value, const char *name, struct bytes *bytes);
/* An Int32Array, to be written to. */
bool read_int32_array(JSContext *ctx, JSValueConst value, const char *name, int32_t **data, size_t *length);
/* A Uint8Array with a copy of the bytes. */
JSValue make_bytes(JSContext *ctx, const void *bytes, size_t length);

/* A safe integer. */
bool read_integer(JSContext *ctx, JSValueConst value, const char *name, int64_t *result);
/* A safe integer that fits an int: a descriptor, flags. */
bool read_int(JSContext *ctx, JSValueConst value, const char *name, int *result);
/* An array of ints. At most `capacity` are stored; `count` is how many there are. */
bool read_ints(JSContext *ctx, JSValueConst value, const char *name, int *ints, size_t capacity,
	       size_t *count);
/* How many elements an array has. */
bool read_length(JSContext *ctx, JSValueConst value, const char *name, const char *expected,
		 uint32_t *length);

bool is_safe_integer(double value);

#endif
