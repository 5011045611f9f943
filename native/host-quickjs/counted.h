/* Owns which references the engine counts: those to what lies above the snapshot. What is in the snapshot lives as
   long as the process, and a count that is only looked at leaves its page shared with the file: most of the pages
   that a command would copy are never written. tools/fetch-quickjs puts counted() around each use of a count. */

#ifndef COUNTED_H
#define COUNTED_H

#ifdef SNAPSHOT_IS_NOT_COUNTED

#include <stdint.h>

/* Where the snapshot ends; 0 while it is made. Below it is the executable, above it everything else. */
extern uintptr_t not_counted_end;
/* In place of a count in the snapshot: of so many, none is the last one, and none is the only one. */
extern int not_counted;

static inline int *counted(int *count)
{
	return (uintptr_t)count < not_counted_end ? &not_counted : count;
}

#else

static inline int *counted(int *count)
{
	return count;
}

#endif

#endif
