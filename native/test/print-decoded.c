/* Owns the decoder's view of a program as text: one JSON value a line, the header first, then each op. Tests
   of the encoder hold it against what they encoded. */

#include "../init/init.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* JSON has no 64-bit numbers and strings are any bytes: numbers become text, strings hexadecimal. */
static void print_text(const uint8_t *text)
{
	putchar('"');
	for (; *text != 0; text++)
		printf("%02x", *text);
	putchar('"');
}

static void print_table(const struct program *program, uint64_t offset, uint64_t count)
{
	const uint64_t *table = (const uint64_t *)(program->data + offset);

	printf("{\"table\":[");
	for (uint64_t i = 0; i < count; i++) {
		if (i > 0)
			putchar(',');
		print_text((const uint8_t *)table[i]);
	}
	printf("],\"end\":%" PRIu64 "}", table[count]);
}

static bool is_table(const struct op *op, int i)
{
	return (op->nr == PSEUDO_EXECVE && (i == 1 || i == 3)) || ((op->nr == PSEUDO_LOOKUP || op->nr == PSEUDO_EACH) && i == 0);
}

static const char *const kind_names[] = { [ARG_VALUE] = "value", [ARG_SLOT] = "slot", [ARG_LAST] = "last" };

/* `sent` is the data as it came: decoding has put addresses into tables. */
static void print_op(const struct program *program, const struct op *op, const uint8_t *sent)
{
	printf("{\"nr\":%" PRIu32 ",\"flags\":%d,\"errno\":%d,\"slot\":%d,\"skip\":%d,\"args\":[", op->nr,
	       op->flags, op->skip_errno, op->slot, op->skip);
	for (int i = 0; i < 6; i++) {
		if (i > 0)
			putchar(',');
		if (is_table(op, i)) {
			print_table(program, op->args[i], op->args[i + 1]);
		} else if (op->kinds[i] == ARG_DATA) {
			printf("{\"offset\":%" PRIu64 ",\"text\":", op->args[i]);
			print_text(sent + op->args[i]);
			putchar('}');
		} else {
			printf("{\"%s\":\"%" PRId64 "\"}", kind_names[op->kinds[i]], (int64_t)op->args[i]);
		}
	}
	printf("]}\n");
}

static int refuse(const char *what, uint32_t index)
{
	printf("{\"refused\":\"%s\",\"index\":%" PRIu32 "}\n", what, index);
	return 1;
}

int main(void)
{
	struct program_header header;

	if (fread(&header, sizeof header, 1, stdin) != 1 || !check_header(&header))
		return refuse("header", 0);
	uint8_t *memory = calloc(1, program_size(&header));
	uint8_t *copy = calloc(1, program_size(&header));
	const size_t size = header.op_count * sizeof(struct op) + header.data_size;
	if (fread(memory, 1, size, stdin) != size || getchar() != EOF)
		return refuse("length", 0);
	memcpy(copy, memory, size);
	struct program program = place_program(&header, memory);
	const uint32_t wrong = decode_program(&program);
	if (wrong != NO_OP)
		return refuse("op", wrong);
	printf("{\"more\":%s,\"descriptors\":%d,\"slot\":%d,\"dataSize\":%" PRIu64 "}\n",
	       program.more ? "true" : "false", header.descriptor_count, header.descriptor_slot,
	       program.data_size);
	for (uint32_t index = 0; index < program.op_count; index++)
		print_op(&program, &program.ops[index], place_program(&header, copy).data);
	free(copy);
	free(memory);
	return 0;
}
