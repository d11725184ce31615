#include "delivery.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "channel.h"

#define THREADS 4
#define GROUP 32
#define GROUP_WAIT_US 4000
/* Up to here a message is handed to a thread whole; beyond it is written as it comes. */
#define WHOLE_BYTES (256 * 1024)

struct mail {
  void *owner;
  unsigned number;
  const char *maildir;
  char name[48];
  int fd; /* -1: not created yet */
  char *bytes;
  size_t length, room;
  struct mail *next;
};

/* One message to make durable, or a group (linked by `next`) to make visible. */
struct job {
  struct mail *mail;
  struct mail *group;
  struct job *next;
};

static void (*tell)(void *owner, unsigned number);
static int event_fd;
static unsigned made;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t work = PTHREAD_COND_INITIALIZER;
static struct job *waiting, **waiting_end = &waiting;
static struct job *finished;
/* Durable, not in a group yet; only the main thread. */
static struct mail *pending;
static unsigned pending_count;
static long long pending_since;

static void path_of(char *path, size_t size, const struct mail *mail, const char *folder) {
  snprintf(path, size, "%s/%s/%s", mail->maildir, folder, mail->name);
}

static void create(struct mail *mail) {
  char path[4096];
  path_of(path, sizeof path, mail, "tmp");
  mail->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (mail->fd < 0) die(path);
}

static void write_out(struct mail *mail) {
  if (mail->fd < 0) create(mail);
  for (size_t at = 0; at < mail->length;) {
    ssize_t count = write(mail->fd, mail->bytes + at, mail->length - at);
    if (count < 0) die("write");
    at += (size_t)count;
  }
  mail->length = 0;
}

static void make_durable(struct mail *mail) {
  write_out(mail);
  free(mail->bytes);
  mail->bytes = NULL;
  if (fsync(mail->fd) != 0) die("fsync");
  close(mail->fd);
}

static void sync_directory(const char *maildir) {
  char path[4096];
  snprintf(path, sizeof path, "%s/new", maildir);
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 || fsync(fd) != 0) die(path);
  close(fd);
}

static void make_visible(struct mail *group) {
  for (struct mail *mail = group; mail != NULL; mail = mail->next) {
    char from[4096], to[4096];
    path_of(from, sizeof from, mail, "tmp");
    path_of(to, sizeof to, mail, "new");
    if (rename(from, to) != 0) die(to);
  }
  for (struct mail *mail = group; mail != NULL; mail = mail->next) {
    int seen = 0;
    for (struct mail *before = group; before != mail; before = before->next)
      if (before->maildir == mail->maildir) seen = 1;
    if (!seen) sync_directory(mail->maildir);
  }
}

static void *work_on(void *nothing) {
  for (;;) {
    pthread_mutex_lock(&lock);
    while (waiting == NULL) pthread_cond_wait(&work, &lock);
    struct job *job = waiting;
    waiting = job->next;
    if (waiting == NULL) waiting_end = &waiting;
    pthread_mutex_unlock(&lock);
    if (job->mail != NULL) make_durable(job->mail);
    else make_visible(job->group);
    pthread_mutex_lock(&lock);
    job->next = finished;
    finished = job;
    pthread_mutex_unlock(&lock);
    uint64_t one = 1;
    if (write(event_fd, &one, sizeof one) < 0) die("eventfd");
  }
  return nothing;
}

static void submit(struct mail *mail, struct mail *group) {
  struct job *job = must_allocate(NULL, sizeof *job);
  *job = (struct job){.mail = mail, .group = group};
  pthread_mutex_lock(&lock);
  *waiting_end = job;
  waiting_end = &job->next;
  pthread_cond_signal(&work);
  pthread_mutex_unlock(&lock);
}

void delivery_start(void (*delivered)(void *owner, unsigned number)) {
  tell = delivered;
  event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (event_fd < 0) die("eventfd");
  for (int i = 0; i < THREADS; i++) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, work_on, NULL) != 0) die("pthread_create");
    pthread_detach(thread);
  }
}

int delivery_fd(void) { return event_fd; }

long long delivery_wait_us(void) {
  if (pending == NULL) return -1;
  long long left = pending_since + GROUP_WAIT_US - now_us();
  return left < 0 ? 0 : left;
}

static void send_group(void) {
  submit(NULL, pending);
  pending = NULL;
  pending_count = 0;
}

void delivery_step(void) {
  uint64_t ignored;
  if (read(event_fd, &ignored, sizeof ignored) < 0) ignored = 0;
  pthread_mutex_lock(&lock);
  struct job *done = finished;
  finished = NULL;
  pthread_mutex_unlock(&lock);
  for (struct job *next; done != NULL; done = next) {
    next = done->next;
    if (done->mail != NULL) {
      if (pending == NULL) pending_since = now_us();
      done->mail->next = pending;
      pending = done->mail;
      if (++pending_count >= GROUP) send_group();
    }
    for (struct mail *mail = done->group, *after; mail != NULL; mail = after) {
      after = mail->next;
      tell(mail->owner, mail->number);
      free(mail);
    }
    free(done);
  }
  if (delivery_wait_us() == 0) send_group();
}

struct mail *mail_begin(void *owner, unsigned number, const char *maildir) {
  struct mail *mail = must_allocate(NULL, sizeof *mail);
  *mail = (struct mail){.owner = owner, .number = number, .maildir = maildir, .fd = -1};
  snprintf(mail->name, sizeof mail->name, "%lld.P%d_%u.bench", now_us(), (int)getpid(), made++);
  return mail;
}

void mail_write(struct mail *mail, const char *bytes, size_t length) {
  if (mail->length + length > WHOLE_BYTES) write_out(mail);
  if (mail->length + length > mail->room) {
    mail->room = (mail->length + length) * 2;
    mail->bytes = must_allocate(mail->bytes, mail->room);
  }
  memcpy(mail->bytes + mail->length, bytes, length);
  mail->length += length;
}

void mail_end(struct mail *mail) { submit(mail, NULL); }
