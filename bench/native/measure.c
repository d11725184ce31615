/*
 * Runs commands, several at once, and tells what they took together: wall time from the first start to the last end,
 * processor time and peak memory from the kernel's own account of each process and of the children it waited for.
 *
 *   measure AT_ONCE TIMEOUT_S LOG_FILE < COMMANDS
 *
 * COMMANDS has a line for each, its arguments separated by tabs. What the commands say goes to LOG_FILE. The answer is
 * one line of JSON; "peakRssBytes" is that of the largest process. After TIMEOUT_S everything is killed ("timedOut").
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "channel.h"

#define MOST_AT_ONCE 256
#define MOST_ARGUMENTS 64

static volatile sig_atomic_t timed_out;
static pid_t children[MOST_AT_ONCE];

static void give_up(int signal_number) {
  (void)signal_number;
  timed_out = 1;
  for (int i = 0; i < MOST_AT_ONCE; i++)
    if (children[i] > 0) kill(-children[i], SIGKILL);
}

static pid_t start(char *line, int log) {
  char *words[MOST_ARGUMENTS + 1];
  int count = 0;
  for (char *word = strtok(line, "\t\n"); word != NULL && count < MOST_ARGUMENTS; word = strtok(NULL, "\t\n"))
    words[count++] = word;
  words[count] = NULL;
  pid_t pid = fork();
  if (pid < 0) die("fork");
  if (pid > 0) {
    setpgid(pid, pid);
    return pid;
  }
  setpgid(0, 0);
  int nothing = open("/dev/null", O_RDONLY);
  dup2(nothing, STDIN_FILENO);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  execvp(words[0], words);
  perror(words[0]);
  _exit(127);
}

static double milliseconds(struct timeval time) { return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3; }

int main(int count, char **arguments) {
  if (count != 4) return 64;
  int at_once = atoi(arguments[1]);
  if (at_once < 1 || at_once > MOST_AT_ONCE) return 64;
  int log = open(arguments[3], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log < 0) die(arguments[3]);
  raise_descriptor_limit();
  struct sigaction on_alarm = {.sa_handler = give_up};
  sigaction(SIGALRM, &on_alarm, NULL);
  alarm((unsigned)atoi(arguments[2]));

  char *line = NULL;
  size_t room = 0;
  int running = 0, more = 1, exits[256] = {0};
  long peak_kilobytes = 0;
  double user_ms = 0, system_ms = 0;
  long long began = now_us();
  while (more || running > 0) {
    while (more && !timed_out && running < at_once) {
      if (getline(&line, &room, stdin) < 0) {
        more = 0;
        break;
      }
      int place = 0;
      while (children[place] > 0) place++;
      children[place] = start(line, log);
      running++;
    }
    if (timed_out) more = 0;
    if (running == 0) break;
    int status;
    struct rusage usage;
    pid_t pid = wait4(-1, &status, 0, &usage);
    if (pid < 0 && errno == EINTR) continue;
    if (pid < 0) die("wait4");
    for (int i = 0; i < MOST_AT_ONCE; i++)
      if (children[i] == pid) children[i] = 0;
    running--;
    user_ms += milliseconds(usage.ru_utime);
    system_ms += milliseconds(usage.ru_stime);
    if (usage.ru_maxrss > peak_kilobytes) peak_kilobytes = usage.ru_maxrss;
    exits[WIFEXITED(status) ? WEXITSTATUS(status) & 255 : 128 + (WTERMSIG(status) & 127)]++;
  }
  printf("{\"wallMs\":%.1f,\"userMs\":%.1f,\"systemMs\":%.1f,\"peakRssBytes\":%ld,\"timedOut\":%s,\"exits\":{",
         (double)(now_us() - began) / 1e3, user_ms, system_ms, peak_kilobytes * 1024, timed_out ? "true" : "false");
  for (int i = 0, first = 1; i < 256; i++) {
    if (exits[i] == 0) continue;
    printf("%s\"%d\":%d", first ? "" : ",", i, exits[i]);
    first = 0;
  }
  printf("}}\n");
  return 0;
}
