/* Owns the conversions of convert.h. Nothing here acts on the kernel. */

#include "host.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SAFE_INTEGER 9007199254740991.0

bool mismatch(JSContext *ctx, const char *name, const char *expected)
{
	JS_ThrowTypeError(ctx, "%s must be %s", name, expected);
	return false;
}

/* The engine writes a lone surrogate as three bytes that are not UTF-8; U+FFFD is as long. */
static bool repair_surrogates(JSContext *ctx, struct text *text)
{
	for (size_t i = 0; i + 1 < text->length; i++) {
		const uint8_t *next = (const uint8_t *)text->chars + i;
		if (next[0] != 0xed || next[1] < 0xa0)
			continue;
		if (text->repaired == NULL) {
			text->repaired = malloc(text->length + 1);
			if (text->repaired == NULL) {
				JS_ThrowOutOfMemory(ctx);
				return false;
			}
			memcpy(text->repaired, text->chars, text->length + 1);
			text->chars = text->repaired;
		}
		memcpy(text->repaired + i, "\xef\xbf\xbd", 3);
	}
	return true;
}

bool text_read(JSContext *ctx, JSValueConst value, const char *name, struct text *text)
{
	*text = (struct text){.chars = NULL};
	if (!JS_IsString(value))
		return mismatch(ctx, name, "a string");
	text->engines = JS_ToCStringLen(ctx, &text->length, value);
	if (text->engines == NULL)
		return false;
	text->chars = text->engines;
	text->has_nul = memchr(text->chars, 0, text->length) != NULL;
	return memchr(text->chars, 0xed, text->length) == NULL || repair_surrogates(ctx, text);
}

void text_free(JSContext *ctx, struct text *text)
{
	if (text->engines != NULL)
		JS_FreeCString(ctx, text->engines);
	free(text->repaired);
	*text = (struct text){.chars = NULL};
}

/* How many bytes at the start are one well-formed character; when they are none, 0, and `bad` of them are
   replaced together (the Unicode Standard, table 3-7 and the text on U+FFFD substitution after it). */
static size_t character_length(const uint8_t *bytes, size_t length, size_t *bad)
{
	uint8_t first = bytes[0], low = 0x80, high = 0xbf;
	size_t expected = 0;
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first <= 0xf4)
		expected = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	if (first == 0xe0)
		low = 0xa0;
	else if (first == 0xed)
		high = 0x9f;
	else if (first == 0xf0)
		low = 0x90;
	else if (first == 0xf4)
		high = 0x8f;
	*bad = 1;
	for (size_t i = 1; i < expected; i++) {
		if (i == length || bytes[i] < low || bytes[i] > high)
			return 0;
		low = 0x80;
		high = 0xbf;
		*bad = i + 1;
	}
	return expected;
}

static JSValue make_repaired_text(JSContext *ctx, const uint8_t *bytes, size_t length)
{
	/* At worst each byte becomes U+FFFD, three bytes. */
	char *repaired = malloc(length * 3);
	if (repaired == NULL)
		return JS_ThrowOutOfMemory(ctx);
	size_t written = 0, bad;
	for (size_t at = 0; at < length;) {
		size_t step = character_length(bytes + at, length - at, &bad);
		if (step > 0)
			memcpy(repaired + written, bytes + at, step);
		else
			memcpy(repaired + written, "\xef\xbf\xbd", 3);
		written += step > 0 ? step : 3;
		at += step > 0 ? step : bad;
	}
	JSValue text = JS_NewStringLen(ctx, repaired, written);
	free(repaired);
	return text;
}

/* How many bytes at the start are ASCII; nearly every text is nothing else. */
static size_t ascii_length(const uint8_t *bytes, size_t length)
{
	size_t at = 0;
	for (uint64_t word; at + sizeof word <= length; at += sizeof word) {
		memcpy(&word, bytes + at, sizeof word);
		if ((word & 0x8080808080808080) != 0)
			break;
	}
	while (at < length && bytes[at] < 0x80)
		at++;
	return at;
}

JSValue make_text(JSContext *ctx, const uint8_t *bytes, size_t length)
{
	size_t step, bad;
	for (size_t at = ascii_length(bytes, length); at < length; at += step) {
		step = character_length(bytes + at, length - at, &bad);
		/* The engine has rules of its own for what is not UTF-8. */
		if (step == 0)
			return make_repaired_text(ctx, bytes, length);
	}
	return JS_NewStringLen(ctx, (const char *)bytes, length);
}

bool find_view_class(JSContext *ctx, JSTypedArrayEnum type, JSClassID *id)
{
	JSValueConst none[] = {JS_UNDEFINED, JS_UNDEFINED, JS_UNDEFINED};
	JSValue example = JS_NewTypedArray(ctx, 0, none, type);
	*id = JS_GetClassID(example);
	JS_FreeValue(ctx, example);
	return *id != JS_INVALID_CLASS_ID;
}

/* Preconditions: it is a typed array. False with an exception when its memory was taken away. */
static bool read_memory(JSContext *ctx, JSValueConst view, struct bytes *bytes)
{
	size_t offset, size;
	JSValue buffer = JS_GetTypedArrayBuffer(ctx, view, &offset, &bytes->length, NULL);
	if (JS_IsException(buffer))
		return false;
	uint8_t *memory = JS_GetArrayBuffer(ctx, &size, buffer);
	JS_FreeValue(ctx, buffer); /* the view keeps it */
	bytes->data = memory + offset;
	return memory != NULL;
}

bool is_uint8_array(JSContext *ctx, JSValueConst value)
{
	return JS_GetClassID(value) == host_of(ctx)->uint8_array;
}

bool read_bytes(JSContext *ctx, JSValueConst value, const char *name, struct bytes *bytes)
{
	if (!is_uint8_array(ctx, value))
		return mismatch(ctx, name, "a Uint8Array");
	return read_memory(ctx, value, bytes);
}

bool read_int32_array(JSContext *ctx, JSValueConst value, const char *name, int32_t **data, size_t *length)
{
	struct bytes bytes;
	if (JS_GetClassID(value) != host_of(ctx)->int32_array)
		return mismatch(ctx, name, "an Int32Array");
	if (!read_memory(ctx, value, &bytes))
		return false;
	*data = (int32_t *)(void *)bytes.data;
	*length = bytes.length / sizeof **data;
	return true;
}

JSValue make_bytes(JSContext *ctx, const void *bytes, size_t length)
{
	JSValue values[] = {JS_NewArrayBufferCopy(ctx, bytes, length), JS_UNDEFINED, JS_UNDEFINED};
	if (JS_IsException(values[0]))
		return JS_EXCEPTION;
	JSValue array = JS_NewTypedArray(ctx, 1, values, JS_TYPED_ARRAY_UINT8);
	JS_FreeValue(ctx, values[0]);
	return array;
}

bool is_safe_integer(double value)
{
	return value >= -MAX_SAFE_INTEGER && value <= MAX_SAFE_INTEGER && value == (double)(int64_t)value;
}

bool read_integer(JSContext *ctx, JSValueConst value, const char *name, int64_t *result)
{
	double number;
	if (!JS_IsNumber(value))
		return mismatch(ctx, name, "a safe integer");
	JS_ToFloat64(ctx, &number, value);
	if (!is_safe_integer(number))
		return mismatch(ctx, name, "a safe integer");
	*result = (int64_t)number;
	return true;
}

bool read_int(JSContext *ctx, JSValueConst value, const char *name, int *result)
{
	int64_t integer;
	if (!read_integer(ctx, value, name, &integer))
		return false;
	if (integer < INT_MIN || integer > INT_MAX)
		return mismatch(ctx, name, "a 32-bit integer");
	*result = (int)integer;
	return true;
}

bool read_length(JSContext *ctx, JSValueConst value, const char *name, const char *expected, uint32_t *length)
{
	int is_array = JS_IsArray(ctx, value);
	if (is_array <= 0)
		return is_array == 0 ? mismatch(ctx, name, expected) : false;
	JSValue property = JS_GetPropertyStr(ctx, value, "length");
	return !JS_IsException(property) && JS_ToUint32(ctx, length, property) == 0;
}

bool read_ints(JSContext *ctx, JSValueConst value, const char *name, int *ints, size_t capacity,
	       size_t *count)
{
	uint32_t length;
	if (!read_length(ctx, value, name, "an array of integers", &length))
		return false;
	*count = length;
	for (uint32_t i = 0; i < length && i < capacity; i++) {
		JSValue element = JS_GetPropertyUint32(ctx, value, i);
		bool is_read = !JS_IsException(element) && read_int(ctx, element, name, &ints[i]);
		JS_FreeValue(ctx, element);
		if (!is_read)
			return false;
	}
	return true;
}
