/*
 * A POP3 server for the bench: RFC 1939 with CAPA, TOP, UIDL and PIPELINING, plain and TLS, any login with any
 * password, one thread. It deletes at QUIT, as it must, and counts what it was asked.
 *
 *   pop3-server MAIL_FILE INDEX_FILE CERTIFICATE KEY
 *
 * Its first line on standard output is {"plain":PORT,"tls":PORT}. Then each line on standard input is a question that
 * one line of JSON answers: "counts" tells what was counted since the last "reset"; "show N" leaves the first N messages
 * of the series in every maildrop, and wants a "reset" behind it; "reset" forgets the counts and every deletion. End of
 * input ends it.
 *
 * "spanUs" is the time from the first connection to the end of the last one: what a program needs apart from its start
 * and its end.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "channel.h"
#include "maildrop.h"

/* Commands wait while so much of the answers to earlier ones is not sent. */
#define SEGMENTS 64
#define TLS_BLOCK 16384
#define LINE_MAX_BYTES 1024
#define INPUT_BYTES 8192

/* A piece of an answer, on its way out. */
struct segment {
  const char *at;
  size_t left;
  char *owned; /* freed once sent; NULL: belongs to the series, or is constant */
};

struct session {
  struct channel channel;
  int is_listener;
  SSL_CTX *context; /* of a listener: NULL for the plain one */
  char input[INPUT_BYTES];
  size_t input_length;
  int input_ended;
  struct segment segments[SEGMENTS + 2];
  size_t first, segment_count;
  char block[TLS_BLOCK]; /* small pieces become one TLS record */
  size_t block_at, block_length;
  char login[64];
  struct maildrop *maildrop; /* NULL before login */
  unsigned char *marked;
  int quitting;
};

static struct {
  unsigned long long sessions, commands, listings, retrieved, topped, marked, deleted, quits, open;
  long long first_us, last_us;
} counts;

static struct series series;
static size_t whole_series;
static int epoll_fd;

static void push(struct session *session, const char *at, size_t length, char *owned) {
  size_t place = (session->first + session->segment_count++) % (SEGMENTS + 2);
  session->segments[place] = (struct segment){.at = at, .left = length, .owned = owned};
}

static void say(struct session *session, const char *line) { push(session, line, strlen(line), NULL); }

static void say_owned(struct session *session, char *text) { push(session, text, strlen(text), text); }

static void say_number(struct session *session, const char *format, size_t one, size_t other) {
  char *text = NULL;
  if (asprintf(&text, format, one, other) < 0) die("memory");
  say_owned(session, text);
}

static int present(const struct session *session, size_t index) {
  return index < series.count && !session->maildrop->deleted[index] && !session->marked[index];
}

static char *append_number(char *at, size_t number) {
  char digits[24];
  int length = 0;
  do digits[length++] = (char)('0' + number % 10);
  while ((number /= 10) != 0);
  while (length > 0) *at++ = digits[--length];
  return at;
}

/* The whole answer to LIST or UIDL. */
static void say_listing(struct session *session, int uids) {
  char *text = must_allocate(NULL, session->maildrop->count * 48 + 64);
  char *at = stpcpy(text, "+OK\r\n");
  for (size_t i = 0; i < series.count; i++) {
    if (!present(session, i)) continue;
    at = append_number(at, i + 1);
    *at++ = ' ';
    if (uids) {
      write_uid(at, session->login, i);
      at += UID_LENGTH;
    } else {
      at = append_number(at, series.messages[i].octets);
    }
    *at++ = '\r';
    *at++ = '\n';
  }
  at = stpcpy(at, ".\r\n");
  counts.listings++;
  push(session, text, (size_t)(at - text), text);
}

/* Header, blank line and `lines` lines of the body, then the line of one dot. */
static void say_top(struct session *session, const struct message *message, size_t lines) {
  const char *end = message->wire + message->wire_length - 3;
  const char *at = message->wire;
  int in_body = 0;
  while (at < end && !(in_body && lines == 0)) {
    const char *next = (const char *)memchr(at, '\n', (size_t)(end - at));
    next = next == NULL ? end : next + 1;
    if (in_body) lines--;
    else if (next - at == 2) in_body = 1;
    at = next;
  }
  counts.topped++;
  /* fetchmail retrieves so, in order not to mark as seen what it keeps. */
  if (at == end) counts.retrieved++;
  say(session, "+OK\r\n");
  push(session, message->wire, (size_t)(at - message->wire), NULL);
  say(session, ".\r\n");
}

static void end_transaction(struct session *session) {
  counts.quits++;
  if (session->maildrop != NULL) counts.deleted += maildrop_delete(session->maildrop, &series, session->marked);
  session->quitting = 1;
  say(session, "+OK bye\r\n");
}

static void about_message(struct session *session, const char *verb, size_t number, size_t more) {
  if (number == 0 || !present(session, number - 1)) {
    say(session, "-ERR no such message\r\n");
    return;
  }
  const struct message *message = &series.messages[number - 1];
  if (strcmp(verb, "RETR") == 0) {
    counts.retrieved++;
    say_number(session, "+OK %zu octets\r\n", message->octets, 0);
    push(session, message->wire, message->wire_length, NULL);
  } else if (strcmp(verb, "TOP") == 0) {
    say_top(session, message, more);
  } else if (strcmp(verb, "DELE") == 0) {
    counts.marked++;
    session->marked[number - 1] = 1;
    say(session, "+OK\r\n");
  } else if (strcmp(verb, "LIST") == 0) {
    say_number(session, "+OK %zu %zu\r\n", number, message->octets);
  } else {
    char uid[UID_LENGTH + 1] = {0};
    char *text = NULL;
    write_uid(uid, session->login, number - 1);
    if (asprintf(&text, "+OK %zu %s\r\n", number, uid) < 0) die("memory");
    say_owned(session, text);
  }
}

static void before_login(struct session *session, const char *verb, const char *argument) {
  if (strcmp(verb, "USER") == 0) {
    snprintf(session->login, sizeof session->login, "%s", argument);
    say(session, "+OK\r\n");
  } else if (strcmp(verb, "PASS") == 0 && session->login[0] != 0) {
    session->maildrop = maildrop_of(&series, session->login);
    session->marked = must_allocate(NULL, series.count + 1);
    memset(session->marked, 0, series.count + 1);
    say(session, "+OK\r\n");
  } else {
    say(session, "-ERR not now\r\n");
  }
}

static void command(struct session *session, char *line) {
  char *argument = strchr(line, ' ');
  if (argument != NULL) *argument++ = 0;
  for (char *at = line; *at != 0; at++)
    if (*at >= 'a' && *at <= 'z') *at = (char)(*at - 32);
  counts.commands++;
  if (strcmp(line, "CAPA") == 0) {
    say(session, "+OK\r\nUSER\r\nTOP\r\nUIDL\r\nPIPELINING\r\nRESP-CODES\r\n.\r\n");
  } else if (strcmp(line, "QUIT") == 0) {
    end_transaction(session);
  } else if (session->maildrop == NULL) {
    before_login(session, line, argument == NULL ? "" : argument);
  } else if (strcmp(line, "NOOP") == 0) {
    say(session, "+OK\r\n");
  } else if (strcmp(line, "STAT") == 0) {
    say_number(session, "+OK %zu %zu\r\n", session->maildrop->count, session->maildrop->octets);
  } else if (strcmp(line, "RSET") == 0) {
    memset(session->marked, 0, series.count + 1);
    say(session, "+OK\r\n");
  } else if (argument == NULL && (strcmp(line, "LIST") == 0 || strcmp(line, "UIDL") == 0)) {
    say_listing(session, line[0] == 'U');
  } else if (argument != NULL && (strcmp(line, "RETR") == 0 || strcmp(line, "DELE") == 0 || strcmp(line, "TOP") == 0 ||
                                  strcmp(line, "LIST") == 0 || strcmp(line, "UIDL") == 0)) {
    char *rest = argument;
    size_t number = strtoul(argument, &rest, 10);
    about_message(session, line, number, strtoul(rest, NULL, 10));
  } else {
    say(session, "-ERR unknown command\r\n");
  }
}

static void end_session(struct session *session) {
  for (size_t i = 0; i < session->segment_count; i++)
    free(session->segments[(session->first + i) % (SEGMENTS + 2)].owned);
  free(session->marked);
  channel_close(&session->channel);
  free(session);
  counts.open--;
  counts.last_us = now_us();
}

static void sent(struct session *session, size_t count) {
  while (count > 0) {
    struct segment *segment = &session->segments[session->first];
    size_t part = count < segment->left ? count : segment->left;
    segment->at += part;
    segment->left -= part;
    count -= part;
    if (segment->left > 0) return;
    free(segment->owned);
    session->first = (session->first + 1) % (SEGMENTS + 2);
    session->segment_count--;
  }
}

static ssize_t write_plain(struct session *session) {
  struct iovec pieces[SEGMENTS + 2];
  struct msghdr header = {.msg_iov = pieces, .msg_iovlen = session->segment_count};
  for (size_t i = 0; i < session->segment_count; i++) {
    struct segment *segment = &session->segments[(session->first + i) % (SEGMENTS + 2)];
    pieces[i] = (struct iovec){.iov_base = (void *)segment->at, .iov_len = segment->left};
  }
  ssize_t count = sendmsg(session->channel.fd, &header, MSG_NOSIGNAL);
  if (count < 0) return errno == EAGAIN || errno == EINTR ? CHANNEL_WAIT : CHANNEL_BROKEN;
  sent(session, (size_t)count);
  return count;
}

static ssize_t write_tls(struct session *session) {
  if (session->block_at == session->block_length) {
    session->block_at = session->block_length = 0;
    while (session->segment_count > 0 && session->block_length < TLS_BLOCK) {
      struct segment *segment = &session->segments[session->first];
      size_t room = TLS_BLOCK - session->block_length;
      size_t part = room < segment->left ? room : segment->left;
      memcpy(session->block + session->block_length, segment->at, part);
      session->block_length += part;
      sent(session, part);
    }
  }
  ssize_t count = channel_write(&session->channel, session->block + session->block_at,
                                session->block_length - session->block_at);
  if (count > 0) session->block_at += (size_t)count;
  return count;
}

/* Runs commands that are here in full, as long as there is room for their answers. Returns whether it ran any. */
static int run_commands(struct session *session) {
  size_t at = 0;
  int ran = 0;
  while (session->segment_count + 3 <= SEGMENTS && !session->quitting) {
    char *line = session->input + at;
    char *end = memchr(line, '\n', session->input_length - at);
    if (end == NULL) break;
    at = (size_t)(end + 1 - session->input);
    while (end > line && end[-1] == '\r') end--;
    *end = 0;
    command(session, line);
    ran = 1;
  }
  memmove(session->input, session->input + at, session->input_length - at);
  session->input_length -= at;
  return ran;
}

/* Reads, answers and writes as far as it goes. Returns 0 when the session is over. */
static int advance(struct session *session) {
  for (;;) {
    int moved = run_commands(session);
    if (session->segment_count > 0 || session->block_at < session->block_length) {
      ssize_t count = session->channel.ssl == NULL ? write_plain(session) : write_tls(session);
      if (count == CHANNEL_BROKEN || count == CHANNEL_END) return 0;
      if (count != CHANNEL_WAIT) moved = 1;
    } else if (session->quitting) {
      return 0;
    }
    if (!session->input_ended && session->input_length < INPUT_BYTES) {
      ssize_t count = channel_read(&session->channel, session->input + session->input_length,
                                   INPUT_BYTES - session->input_length);
      if (count == CHANNEL_END || count == CHANNEL_BROKEN) session->input_ended = 1;
      if (count > 0) {
        session->input_length += (size_t)count;
        moved = 1;
      }
    }
    if (session->input_ended && session->segment_count == 0) return 0;
    if (session->input_length > LINE_MAX_BYTES && memchr(session->input, '\n', session->input_length) == NULL)
      return 0;
    if (!moved) return 1;
  }
}

static void watch(struct session *session, unsigned events) {
  struct epoll_event event = {.events = events, .data.ptr = session};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, session->channel.fd, &event) != 0) die("epoll_ctl");
}

static void accept_all(struct session *listener) {
  for (;;) {
    int fd = accept4(listener->channel.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    struct session *session = must_allocate(NULL, sizeof *session);
    memset(session, 0, sizeof *session);
    channel_open(&session->channel, fd, listener->context, 1);
    counts.sessions++;
    counts.open++;
    if (counts.first_us == 0) counts.first_us = now_us();
    say(session, "+OK bench\r\n");
    watch(session, EPOLLIN | EPOLLOUT | EPOLLET);
  }
}

static void answer(const char *question) {
  if (strncmp(question, "reset", 5) == 0) {
    if (counts.open > 0) fprintf(stderr, "reset while %llu sessions are open\n", counts.open);
    else maildrops_forget();
    memset(&counts, 0, offsetof(__typeof__(counts), open));
    counts.first_us = counts.last_us = 0;
  }
  if (strncmp(question, "show ", 5) == 0) {
    size_t wanted = strtoul(question + 5, NULL, 10);
    series.count = wanted < whole_series ? wanted : whole_series;
  }
  printf("{\"sessions\":%llu,\"commands\":%llu,\"listings\":%llu,\"retrieved\":%llu,\"topped\":%llu,\"marked\":%llu,"
         "\"deleted\":%llu,\"quits\":%llu,\"open\":%llu,\"spanUs\":%lld}\n",
         counts.sessions, counts.commands, counts.listings, counts.retrieved, counts.topped, counts.marked,
         counts.deleted, counts.quits, counts.open, counts.first_us == 0 ? 0 : counts.last_us - counts.first_us);
  fflush(stdout);
}

static void answer_questions(void) {
  static char input[256];
  static size_t length;
  ssize_t count = read(STDIN_FILENO, input + length, sizeof input - 1 - length);
  if (count <= 0) exit(0);
  length += (size_t)count;
  char *end;
  while ((end = memchr(input, '\n', length)) != NULL) {
    *end = 0;
    answer(input);
    length -= (size_t)(end + 1 - input);
    memmove(input, end + 1, length);
  }
}

static SSL_CTX *server_context(const char *certificate, const char *key) {
  SSL_CTX *context = SSL_CTX_new(TLS_server_method());
  static const unsigned char name[] = "bench";
  if (context == NULL || SSL_CTX_use_certificate_chain_file(context, certificate) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
    die(certificate);
  SSL_CTX_set_session_id_context(context, name, sizeof name - 1);
  return context;
}

static struct session *listener(int *port, SSL_CTX *context) {
  struct session *made = must_allocate(NULL, sizeof *made);
  memset(made, 0, sizeof *made);
  made->channel.fd = channel_listen(port);
  made->is_listener = 1;
  made->context = context;
  watch(made, EPOLLIN);
  return made;
}

int main(int count, char **arguments) {
  if (count != 5) {
    fprintf(stderr, "usage: pop3-server MAIL_FILE INDEX_FILE CERTIFICATE KEY\n");
    return 64;
  }
  signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  series_open(&series, arguments[1], arguments[2]);
  whole_series = series.count;
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  int plain_port, tls_port;
  listener(&plain_port, NULL);
  listener(&tls_port, server_context(arguments[3], arguments[4]));
  struct epoll_event questions = {.events = EPOLLIN, .data.ptr = NULL};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &questions) != 0) die("epoll_ctl");
  printf("{\"plain\":%d,\"tls\":%d}\n", plain_port, tls_port);
  fflush(stdout);
  for (;;) {
    struct epoll_event events[256];
    int ready = epoll_wait(epoll_fd, events, 256, -1);
    if (ready < 0 && errno != EINTR) die("epoll_wait");
    for (int i = 0; i < ready; i++) {
      struct session *session = events[i].data.ptr;
      if (session == NULL) answer_questions();
      else if (session->is_listener) accept_all(session);
      else if (!advance(session)) end_session(session);
    }
  }
}
