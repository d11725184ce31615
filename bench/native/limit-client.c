/*
 * limit-c: what a client can do that only parses, writes, syncs and deletes. No settings, no database, no memory of
 * what it has taken: it is told how many of the first messages of each maildrop are known.
 *
 *   limit-client ACCOUNTS_FILE PORT CONNECTIONS KNOWN NEW keep|delete [CA_FILE]
 *
 * ACCOUNTS_FILE has a line "LOGIN PASSWORD MAILDIR" for each account. USER, PASS and UIDL go in one write, and QUIT with
 * them where NEW is 0; RETRs go 128 at once. With CA_FILE it speaks TLS from the start, and resumes TLS sessions.
 * The first thing that does not go as told ends it with 1.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include "channel.h"
#include "delivery.h"

#define WINDOW 128
#define READ_BYTES (256 * 1024)

enum reply { GREETING, USER, PASS, LISTING, BODY, DELETION, GOODBYE };

struct account {
  char *login, *password, *maildir;
};

struct session {
  struct channel channel;
  struct account *account;
  /* Answers that are due, in order. */
  unsigned char *due;
  size_t due_first, due_count, due_room;
  char *output;
  size_t output_at, output_length, output_room;
  char *rest; /* an unfinished line */
  size_t rest_length, rest_room;
  int in_body; /* inside a multi-line answer */
  struct mail *mail;
  unsigned listed, asked, taken, undelivered, in_flight;
};

static struct account *accounts;
static size_t account_count, next_account, running;
static unsigned known, fresh;
static int deletes, port;
static SSL_CTX *context;
static SSL_SESSION *resumable;
static int epoll_fd;

static void fail(struct session *session, const char *what) {
  fprintf(stderr, "%s: %s\n", session->account->login, what);
  exit(1);
}

static void send_text(struct session *session, const char *text, size_t length) {
  if (session->output_at == session->output_length) session->output_at = session->output_length = 0;
  if (session->output_length + length > session->output_room) {
    session->output_room = (session->output_length + length) * 2;
    session->output = must_allocate(session->output, session->output_room);
  }
  memcpy(session->output + session->output_length, text, length);
  session->output_length += length;
}

static void expect(struct session *session, enum reply reply) {
  if (session->due_first + session->due_count == session->due_room) {
    memmove(session->due, session->due + session->due_first, session->due_count);
    session->due_first = 0;
    if (session->due_count * 2 >= session->due_room) {
      session->due_room = session->due_room * 2 + 256;
      session->due = must_allocate(session->due, session->due_room);
    }
  }
  session->due[session->due_first + session->due_count++] = (unsigned char)reply;
}

static void send_numbered(struct session *session, const char *verb, unsigned number, enum reply reply) {
  char line[32];
  int length = snprintf(line, sizeof line, "%s %u\r\n", verb, number);
  send_text(session, line, (size_t)length);
  expect(session, reply);
}

static void say_goodbye(struct session *session) {
  send_text(session, "QUIT\r\n", 6);
  expect(session, GOODBYE);
}

/* Refills the window at half, so that the pipe never runs dry; says goodbye when all is done. */
static void ask_on(struct session *session) {
  if (session->in_flight <= WINDOW / 2) {
    while (session->in_flight < WINDOW && session->asked < session->listed) {
      send_numbered(session, "RETR", ++session->asked, BODY);
      session->in_flight++;
    }
  }
  if (session->asked == session->listed && session->undelivered == 0 && session->due_count == 0 &&
      fresh > 0)
    say_goodbye(session);
}

static void flush_output(struct session *session) {
  while (session->output_at < session->output_length) {
    ssize_t count = channel_write(&session->channel, session->output + session->output_at,
                                  session->output_length - session->output_at);
    if (count == CHANNEL_WAIT) return;
    if (count <= 0) fail(session, "connection lost while writing");
    session->output_at += (size_t)count;
  }
}

static void delivered(void *owner, unsigned number) {
  struct session *session = owner;
  session->undelivered--;
  if (deletes) send_numbered(session, "DELE", number, DELETION);
  ask_on(session);
  flush_output(session);
}

static void greeted(struct session *session) {
  char lines[512];
  int length = snprintf(lines, sizeof lines, "USER %s\r\nPASS %s\r\nUIDL\r\n", session->account->login,
                        session->account->password);
  send_text(session, lines, (size_t)length);
  expect(session, USER);
  expect(session, PASS);
  expect(session, LISTING);
  if (fresh == 0) say_goodbye(session);
}

static void listing_ended(struct session *session) {
  if (session->listed != known + fresh) fail(session, "another number of messages than told");
  session->asked = session->taken = known;
}

/* A status line, or a line of the listing. */
static void line_read(struct session *session, const char *line, size_t length) {
  enum reply reply = session->due[session->due_first];
  if (session->in_body) {
    if (length == 1 && line[0] == '.') {
      session->in_body = 0;
      session->due_first++;
      session->due_count--;
      listing_ended(session);
      ask_on(session);
      return;
    }
    char *after;
    unsigned long number = strtoul(line, &after, 10);
    if (number != ++session->listed || *after != ' ' || after + 1 >= line + length) fail(session, "odd UIDL line");
    return;
  }
  if (length < 3 || memcmp(line, "+OK", 3) != 0) fail(session, "refused");
  if (reply == LISTING) {
    session->in_body = 1;
    return;
  }
  if (reply == BODY) {
    session->in_body = 1;
    session->mail = mail_begin(session, ++session->taken, session->account->maildir);
    return;
  }
  session->due_first++;
  session->due_count--;
  if (reply == GREETING) greeted(session);
  if (reply == DELETION) ask_on(session);
}

static void body_ended(struct session *session) {
  mail_end(session->mail);
  session->mail = NULL;
  session->in_body = 0;
  session->due_first++;
  session->due_count--;
  session->in_flight--;
  session->undelivered++;
  ask_on(session);
}

/* One line of a body, with its line end: unstuffed, CRLF to LF. */
static void body_line(struct session *session, const char *line, size_t length) {
  if (line[0] == '.') {
    if (length == 3 && line[1] == '\r') {
      body_ended(session);
      return;
    }
    line++;
    length--;
  }
  if (length >= 2 && line[length - 2] == '\r') {
    mail_write(session->mail, line, length - 2);
    mail_write(session->mail, "\n", 1);
  } else {
    mail_write(session->mail, line, length);
  }
}

/* Takes whole lines, as long as an answer is due. Returns how much was used. */
static size_t consume(struct session *session, const char *bytes, size_t length) {
  size_t at = 0;
  while (at < length && session->due_count > 0) {
    const char *line = bytes + at;
    const char *end = memchr(line, '\n', length - at);
    if (end == NULL) return at;
    size_t size = (size_t)(end + 1 - line);
    at += size;
    if (session->mail != NULL) body_line(session, line, size);
    else line_read(session, line, size - (size >= 2 && line[size - 2] == '\r' ? 2 : 1));
  }
  return at;
}

static void read_on(struct session *session, char *buffer) {
  for (;;) {
    ssize_t count = channel_read(&session->channel, buffer + session->rest_length, READ_BYTES);
    if (count == CHANNEL_WAIT) return;
    if (count <= 0) {
      if (session->due_count > 0) fail(session, "connection lost while reading");
      return;
    }
    memcpy(buffer, session->rest, session->rest_length);
    size_t length = session->rest_length + (size_t)count;
    size_t used = consume(session, buffer, length);
    session->rest_length = length - used;
    if (session->rest_length > READ_BYTES) fail(session, "a line without end");
    if (session->rest_length > session->rest_room) {
      session->rest_room = session->rest_length * 2;
      session->rest = must_allocate(session->rest, session->rest_room);
    }
    memcpy(session->rest, buffer + used, session->rest_length);
    flush_output(session);
    if (session->due_count == 0 && session->undelivered == 0) return;
  }
}

static void start_next(void) {
  struct session *session = must_allocate(NULL, sizeof *session);
  memset(session, 0, sizeof *session);
  session->account = &accounts[next_account++];
  channel_open(&session->channel, channel_dial(port), context, 0);
  if (session->channel.ssl != NULL && resumable != NULL) SSL_set_session(session->channel.ssl, resumable);
  expect(session, GREETING);
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = session};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, session->channel.fd, &event) != 0) die("epoll_ctl");
  running++;
}

static int is_over(const struct session *session) {
  return session->due_count == 0 && session->undelivered == 0 && session->listed > 0;
}

static void end_session(struct session *session) {
  if (session->channel.ssl != NULL) {
    SSL_SESSION *latest = SSL_get1_session(session->channel.ssl);
    if (latest != NULL && SSL_SESSION_is_resumable(latest)) {
      SSL_SESSION_free(resumable);
      resumable = latest;
    } else {
      SSL_SESSION_free(latest);
    }
  }
  channel_close(&session->channel);
  free(session->due);
  free(session->output);
  free(session->rest);
  free(session);
  running--;
  if (next_account < account_count) start_next();
}

static void read_accounts(const char *path) {
  FILE *file = fopen(path, "re");
  char login[256], password[256], maildir[3072];
  if (file == NULL) die(path);
  while (fscanf(file, "%255s %255s %3071s", login, password, maildir) == 3) {
    accounts = must_allocate(accounts, (account_count + 1) * sizeof *accounts);
    accounts[account_count++] =
        (struct account){.login = strdup(login), .password = strdup(password), .maildir = strdup(maildir)};
  }
  fclose(file);
}

static void wait_and_work(char *buffer) {
  struct epoll_event events[256];
  long long wait_us = delivery_wait_us();
  struct timespec wait = {.tv_sec = wait_us / 1000000, .tv_nsec = wait_us % 1000000 * 1000};
  int ready = epoll_pwait2(epoll_fd, events, 256, wait_us < 0 ? NULL : &wait, NULL);
  if (ready < 0 && errno != EINTR) die("epoll_wait");
  for (int i = 0; i < ready; i++) {
    struct session *session = events[i].data.ptr;
    if (session == NULL) continue;
    flush_output(session);
    read_on(session, buffer);
    flush_output(session);
    if (is_over(session)) end_session(session);
  }
  delivery_step();
}

int main(int count, char **arguments) {
  if (count < 7) {
    fprintf(stderr, "usage: limit-client ACCOUNTS_FILE PORT CONNECTIONS KNOWN NEW keep|delete [CA_FILE]\n");
    return 64;
  }
  signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  read_accounts(arguments[1]);
  port = atoi(arguments[2]);
  size_t connections = strtoul(arguments[3], NULL, 10);
  known = (unsigned)strtoul(arguments[4], NULL, 10);
  fresh = (unsigned)strtoul(arguments[5], NULL, 10);
  deletes = strcmp(arguments[6], "delete") == 0;
  if (count > 7) {
    context = SSL_CTX_new(TLS_client_method());
    if (context == NULL || SSL_CTX_load_verify_locations(context, arguments[7], NULL) != 1) die(arguments[7]);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
  }
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  delivery_start(delivered);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, delivery_fd(), &event) != 0) die("epoll_ctl");
  while (running < connections && next_account < account_count) start_next();
  char *buffer = must_allocate(NULL, 2 * READ_BYTES);
  while (running > 0) wait_and_work(buffer);
  return 0;
}
