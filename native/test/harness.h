/* Owns what the tests of init share: building programs by hand, without our encoder, and talking to a real
   init over a socketpair. Built with a libc; nothing of it is in the product. */

#ifndef HARNESS_H
#define HARNESS_H

#include "../protocol/ops.gen.h"
#include <stdbool.h>
#include <sys/types.h>

/* One program while it is built. */
struct builder {
	struct program_header header;
	struct op ops[64];
	uint8_t data[4096];
	/* Sent in place of the descriptor count when >= 0. */
	int descriptors[300];
	int descriptor_count;
};

struct arg {
	uint8_t kind;
	uint64_t value;
};

#define VALUE(v) ((struct arg){ ARG_VALUE, (uint64_t)(v) })
#define DATA(offset) ((struct arg){ ARG_DATA, (uint64_t)(offset) })
#define SLOT(slot) ((struct arg){ ARG_SLOT, (uint64_t)(slot) })
#define LAST(slot) ((struct arg){ ARG_LAST, (uint64_t)(slot) })

/* A program without ops, with so much scratch. */
struct builder new_program(uint32_t scratch_size);
/* Adds data aligned to 8; returns its offset. */
uint64_t put(struct builder *builder, const void *bytes, size_t size);
uint64_t put_text(struct builder *builder, const char *text);
/* Adds a table of texts, ended by NULL in `texts`; returns its offset. */
uint64_t put_table(struct builder *builder, const char *const texts[]);
/* The offset of scratch; no data may be added after it was asked for. */
uint64_t scratch_of(const struct builder *builder);

struct op *add_op(struct builder *builder, uint32_t nr, const struct arg *args, int count);
#define ADD(builder, nr, ...) \
	add_op(builder, nr, (struct arg[]){ __VA_ARGS__ }, \
	       sizeof((struct arg[]){ __VA_ARGS__ }) / sizeof(struct arg))
void store_in(struct op *op, uint8_t slot);
void skip_on(struct op *op, uint16_t flag, uint16_t error, uint8_t skip);

struct child {
	pid_t pid;
	int socket;
};

/* Starts init as the kernel core does: the control socket as 3, 0, 1 and 2, and nothing else. */
struct child start_init(void);
void send_program(const struct child *child, const struct builder *builder);
void send_bytes(const struct child *child, const void *bytes, size_t size);

struct reply {
	/* False at the end of the socket. */
	bool there;
	struct message message;
	uint8_t *bytes;
	int descriptor;
};

/* The next message with its bytes, which live until the next call; a descriptor is the caller's, or -1. */
struct reply receive(const struct child *child);

/* Each reports the first failure of a test with its line. */
#define EXPECT(condition) expect_at(condition, #condition, __FILE__, __LINE__)
#define EXPECT_MESSAGE(child, kind, op, value) expect_message_at(child, kind, op, value, __FILE__, __LINE__)
#define EXPECT_END(child, status) expect_end_at(child, status, __FILE__, __LINE__)
void expect_at(bool condition, const char *text, const char *file, int line);
struct reply expect_message_at(const struct child *child, uint32_t kind, uint32_t op, uint32_t value,
			       const char *file, int line);
/* The socket ends without another message, and the process with this exit status (negative: a signal). */
void expect_end_at(const struct child *child, int status, const char *file, int line);

struct test {
	const char *name;
	void (*run)(void);
};
/* Each file's tests, ended by one without a name. */
extern const struct test op_tests[];
extern const struct test pseudo_tests[];
extern const struct test bounding_tests[];
extern const struct test await_tests[];
extern const struct test protocol_tests[];

#define EXIT_FAILED 127

#endif
