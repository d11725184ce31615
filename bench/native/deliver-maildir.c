/*
 * A delivery agent for programs that need one: reads a message from standard input into a Maildir, one fsync, no sync
 * of the directory. Nothing smaller is safe.
 *
 *   deliver-maildir MAILDIR
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int main(int count, char **arguments) {
  if (count != 2) return 64;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  char name[64], unfinished[4096], finished[4096];
  snprintf(name, sizeof name, "%lld.M%ldP%d.bench", (long long)now.tv_sec, now.tv_nsec, (int)getpid());
  snprintf(unfinished, sizeof unfinished, "%s/tmp/%s", arguments[1], name);
  snprintf(finished, sizeof finished, "%s/new/%s", arguments[1], name);
  int fd = open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return 75;
  static char bytes[65536];
  ssize_t length;
  while ((length = read(STDIN_FILENO, bytes, sizeof bytes)) > 0)
    for (ssize_t at = 0; at < length;) {
      ssize_t written = write(fd, bytes + at, (size_t)(length - at));
      if (written < 0) return 75;
      at += written;
    }
  if (length < 0 || fsync(fd) != 0 || close(fd) != 0) return 75;
  return rename(unfinished, finished) == 0 ? 0 : 75;
}
