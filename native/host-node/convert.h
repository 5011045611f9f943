/* Owns the way between JavaScript values and those of C, and the rule for errors: every status of Node-API is
   looked at, and a failure leaves exactly one exception behind. It knows no kernel. */

#ifndef CONVERT_H
#define CONVERT_H

#define NAPI_VERSION 8
#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>

/* Leaves the function with an exception pending (convert_failed gives NULL, which is false as a bool). */
#define TRY(env, call)                                     \
	do {                                               \
		if ((call) != napi_ok)                     \
			return convert_failed(env, #call); \
	} while (0)

void *convert_failed(napi_env env, const char *call);
/* Throws a TypeError: "`name` must be `expected`". */
void *convert_mismatch(napi_env env, const char *name, const char *expected);

/* UTF-8 with a NUL at the end. Once text_read was called, with any result, text_free may be. */
struct text {
	char *chars; /* `small`, or heap */
	size_t length;
	bool has_nul; /* a NUL inside: the kernel would see another string than JavaScript did */
	char small[512];
};

bool text_read(napi_env env, napi_value value, const char *name, struct text *text);
void text_free(struct text *text);

struct bytes {
	uint8_t *data;
	size_t length;
};

bool is_uint8_array(napi_env env, napi_value value, struct bytes *bytes);
bool read_bytes(napi_env env, napi_value value, const char *name, struct bytes *bytes);
/* An Int32Array, to be written to. */
bool read_int32_array(napi_env env, napi_value value, const char *name, int32_t **data, size_t *length);

/* A safe integer. */
bool read_integer(napi_env env, napi_value value, const char *name, int64_t *result);
/* A safe integer that fits an int: a descriptor, flags. */
bool read_int(napi_env env, napi_value value, const char *name, int *result);
/* An array of ints. At most `capacity` are stored; `count` is how many there are. */
bool read_ints(napi_env env, napi_value value, const char *name, int *ints, size_t capacity, size_t *count);

bool is_safe_integer(double value);
napi_value make_number(napi_env env, int64_t value);

#endif
