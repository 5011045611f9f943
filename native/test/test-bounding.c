/* Owns the tests of the pseudo-op that limits the bounding set of capabilities. */

#include "harness.h"
#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct child run(const struct builder *builder)
{
	const struct child child = start_init();

	send_program(&child, builder);
	return child;
}

static bool may_drop(void)
{
	return prctl(PR_CAPBSET_READ, CAP_SETPCAP) == 1 && geteuid() == 0;
}

static void bounding_drops_what_is_not_kept(void)
{
	struct builder builder = new_program(0);
	const uint64_t number = put(&builder, &(uint64_t){ 0 }, 8);
	const int kept = 10;
	const int dropped = 21;

	ADD(&builder, PSEUDO_BOUNDING, VALUE(1ull << kept));
	store_in(ADD(&builder, SYS_prctl, VALUE(PR_CAPBSET_READ), VALUE(kept)), 1);
	ADD(&builder, PSEUDO_STORE, DATA(number), VALUE(1), SLOT(1));
	ADD(&builder, PSEUDO_EXPECT, DATA(number), VALUE(1), VALUE(-1), VALUE(1), VALUE(EXDEV));
	store_in(ADD(&builder, SYS_prctl, VALUE(PR_CAPBSET_READ), VALUE(dropped)), 1);
	ADD(&builder, PSEUDO_STORE, DATA(number), VALUE(1), SLOT(1));
	ADD(&builder, PSEUDO_EXPECT, DATA(number), VALUE(1), VALUE(-1), VALUE(0), VALUE(EXDEV));
	const struct child child = run(&builder);
	const bool allowed = may_drop();
	/* Without the right to drop it says so. */
	EXPECT_MESSAGE(&child, MESSAGE_FAULT, allowed ? NO_OP : 0, allowed ? EPROTO : EPERM);
	EXPECT_END(&child, EXIT_FAILED);
}

static void bounding_without_the_right_needs_nothing_to_drop(void)
{
	struct builder builder = new_program(0);
	const uint64_t header = put(&builder, (uint32_t[]){ _LINUX_CAPABILITY_VERSION_3, 0 }, 8);
	const uint64_t none = put(&builder, (uint32_t[6]){ 0 }, 24);
	const int kept = 10;

	ADD(&builder, PSEUDO_BOUNDING, VALUE(1ull << kept));
	ADD(&builder, SYS_capset, DATA(header), DATA(none));
	ADD(&builder, PSEUDO_BOUNDING, VALUE(1ull << kept));
	ADD(&builder, PSEUDO_BOUNDING, VALUE(0));
	const struct child child = run(&builder);
	const bool allowed = may_drop();
	EXPECT_MESSAGE(&child, MESSAGE_FAULT, allowed ? 3 : 0, EPERM);
	EXPECT_END(&child, EXIT_FAILED);
}

const struct test bounding_tests[] = {
	{ "bounding drops what is not kept", bounding_drops_what_is_not_kept },
	{ "bounding without the right needs nothing to drop", bounding_without_the_right_needs_nothing_to_drop },
	{ 0 },
};
