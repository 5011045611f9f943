/* Owns timing a command as a whole process, from before the fork to after the wait, without an interpreter's share.
   Each line on standard input is answered with one of JSON; its words are parted by tabs. "time COUNT ARGV...": the
   milliseconds of each run; "until SECONDS ARGV...": how many runs; "drop FILE...": out of the page cache with them. */

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_ARGUMENTS 1024

static int complaints; /* a memfd: what the command says on its standard error */
static int nothing;

static int64_t now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void print_text(const char *text, size_t length)
{
	putchar('"');
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c == '"' || c == '\\' || c < 0x20 || c > 0x7e)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void print_failure(int status)
{
	char text[400];
	ssize_t length = pread(complaints, text, sizeof text, 0);
	printf("{\"status\":%d,\"error\":", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	print_text(text, length < 0 ? 0 : (size_t)length);
	printf("}\n");
}

static int run(char **argv, int64_t *nanoseconds, long *peak)
{
	int status;
	struct rusage usage;
	if (ftruncate(complaints, 0) < 0 || lseek(complaints, 0, SEEK_SET) < 0)
		_exit(125);
	int64_t start = now();
	pid_t pid = vfork();
	if (pid == 0) {
		dup2(nothing, 0);
		dup2(nothing, 1);
		dup2(complaints, 2);
		execv(argv[0], argv);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid)
		_exit(125);
	*nanoseconds = now() - start;
	if (usage.ru_maxrss > *peak)
		*peak = usage.ru_maxrss;
	return status;
}

static void answer_time(int count, char **argv)
{
	double *times = calloc((size_t)count, sizeof *times);
	long peak = 0;
	if (times == NULL)
		_exit(125);
	for (int i = 0; i < count; i++) {
		int64_t nanoseconds;
		int status = run(argv, &nanoseconds, &peak);
		if (status != 0) {
			print_failure(status);
			free(times);
			return;
		}
		times[i] = (double)nanoseconds / 1e6;
	}
	printf("{\"peakKilobytes\":%ld,\"times\":[", peak);
	for (int i = 0; i < count; i++)
		printf("%s%.4f", i ? "," : "", times[i]);
	printf("]}\n");
	free(times);
}

static void answer_until(double seconds, char **argv)
{
	int64_t start = now(), end = start + (int64_t)(seconds * 1e9), nanoseconds;
	long peak = 0;
	int count = 0;
	for (; now() < end; count++) {
		int status = run(argv, &nanoseconds, &peak);
		if (status != 0) {
			print_failure(status);
			return;
		}
	}
	printf("{\"count\":%d,\"seconds\":%.4f}\n", count, (double)(now() - start) / 1e9);
}

static void answer_drop(char **files)
{
	for (; *files != NULL; files++) {
		int file = open(*files, O_RDONLY | O_CLOEXEC);
		if (file < 0)
			continue;
		fdatasync(file);
		posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
		close(file);
	}
	printf("{}\n");
}

int main(void)
{
	static char line[1 << 17];
	complaints = memfd_create("complaints", MFD_CLOEXEC);
	nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (complaints < 0 || nothing < 0)
		return 125;
	while (fgets(line, sizeof line, stdin) != NULL) {
		char *argv[MAX_ARGUMENTS + 1] = {NULL};
		int count = 0;
		line[strcspn(line, "\n")] = '\0';
		const char *verb = strtok(line, "\t");
		for (char *word; count < MAX_ARGUMENTS && (word = strtok(NULL, "\t")) != NULL; count++)
			argv[count] = word;
		if (verb == NULL || argv[0] == NULL)
			return 125;
		if (strncmp(verb, "time ", 5) == 0)
			answer_time(atoi(verb + 5), argv);
		else if (strncmp(verb, "until ", 6) == 0)
			answer_until(atof(verb + 6), argv);
		else
			answer_drop(argv);
		fflush(stdout);
	}
	return 0;
}
