/* Owns raw system calls, without a libc and without errno: a result in [-4095, -1] is a negated error.
   Nothing but that, so that every freestanding piece of ours can include it. x86_64 and aarch64. */

#ifndef SYSCALL_H
#define SYSCALL_H

#include <asm/unistd.h>
#include <stdbool.h>

#if defined(__x86_64__)

static inline long raw_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

#elif defined(__aarch64__)

static inline long raw_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}

#else
#error "only x86_64 and aarch64"
#endif

/* SYSCALL(nr, ...): up to six arguments of any integer or pointer type; the rest are 0, as prctl(2) wants. */
#define SYSCALL(...) SYSCALL_PADDED(__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define SYSCALL_PADDED(nr, a, b, c, d, e, f, ...) \
	raw_syscall(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

#define MAX_ERRNO 4095

static inline bool is_error(long result)
{
	return (unsigned long)result >= (unsigned long)-MAX_ERRNO;
}

#endif
