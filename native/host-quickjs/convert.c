/* Owns the conversions of convert.h. Nothing here acts on the kernel. */

#include "convert.h"

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

/* How many bytes at the start are one well-formed character; when they are none, 0, and `bad` of them are replaced
   together (the Unicode Standard, table 3-7 and the text on U+FFFD substitution after it). */
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

JSValue make_text(JSContext *ctx, const uint8_t *bytes, size_t length)
{
	size_t step, bad;
	for (size_t at = 0; at < length; at += step) {
		step = character_length(bytes + at, length - at, &bad);
		/* The engine has rules of its own for what is not UTF-8. */
		if (step == 0)
			return make_repaired_text(ctx, bytes, length);
	}
	return JS_NewStringLen(ctx, (const char *)bytes, length);
}

/* The memory of a typed array whose elements have that size; false without an exception for anything else. */
static bool read_view(JSContext *ctx, JSValueConst value, JSTypedArrayEnum type, struct bytes *bytes)
{
	/* The engine does not export its class ids, but counts them in the order of JSTypedArrayEnum from this one. */
	JSClassID of_value = 0, of_type = 0;
	size_t offset, length, size;
	if (!JS_IsObject(value))
		return false;
	JSValue example = JS_NewTypedArray(ctx, 0, NULL, type);
	JS_GetAnyOpaque(value, &of_value);
	JS_GetAnyOpaque(example, &of_type);
	JS_FreeValue(ctx, example);
	if (of_value != of_type)
		return false;
	JSValue buffer = JS_GetTypedArrayBuffer(ctx, value, &offset, &length, NULL);
	uint8_t *data = JS_IsException(buffer) ? NULL : JS_GetArrayBuffer(ctx, &size, buffer);
	JS_FreeValue(ctx, buffer);
	(void)data;
	(void)bytes;
	return true;
}
