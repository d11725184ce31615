/*
 * Distance: passes connections on to a port of this machine and delays what both sides say, without limiting how much
 * is under way. A connection also pays for the handshake that it would need at this distance: what the client sees of
 * the server's greeting comes two round trips after its connect, as on a real line.
 *
 *   delay-proxy PORT ONE_WAY_US      its first line on standard output is its own port; end of input ends it
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "channel.h"

#define CHUNK_BYTES 65536

/* Bytes on their way; length 0: the side that sent them said no more. */
struct chunk {
  long long due_us;
  size_t at, length;
  struct chunk *next;
  char bytes[];
};

struct end {
  struct pair *pair;
  struct end *other;
  int fd;
  struct chunk *first, **last; /* to be written here */
  int ended;                   /* nothing more comes from here */
  int shut;                    /* nothing more is written here */
  int blocked;
};

struct pair {
  struct end client, server; /* server.fd -1: not dialled yet */
  long long dial_at_us, not_before_us;
  struct pair *next;
};

static struct pair *pairs;
static int epoll_fd, target, listener_fd;
static long long one_way_us;

static void watch(int fd, struct end *end, unsigned events) {
  struct epoll_event event = {.events = events, .data.ptr = end};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
}

static void queue(struct end *to, struct chunk *chunk) {
  long long now = now_us();
  long long not_before = to == &to->pair->server ? to->pair->not_before_us : 0;
  chunk->due_us = (now > not_before ? now : not_before) + one_way_us;
  chunk->at = 0;
  chunk->next = NULL;
  *to->last = chunk;
  to->last = &chunk->next;
}

static void read_all(struct end *from) {
  while (!from->ended) {
    static char bytes[CHUNK_BYTES];
    ssize_t count = read(from->fd, bytes, sizeof bytes);
    if (count < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOTCONN)) return;
    if (count <= 0) from->ended = 1;
    size_t length = count > 0 ? (size_t)count : 0;
    struct chunk *chunk = must_allocate(NULL, sizeof *chunk + length);
    memcpy(chunk->bytes, bytes, length);
    chunk->length = length;
    queue(from->other, chunk);
  }
}

static void write_due(struct end *to, long long now) {
  while (to->first != NULL && to->first->due_us <= now && !to->blocked) {
    struct chunk *chunk = to->first;
    if (chunk->length == 0) {
      shutdown(to->fd, SHUT_WR);
      to->shut = 1;
    } else if (!to->shut) {
      ssize_t count = send(to->fd, chunk->bytes + chunk->at, chunk->length - chunk->at, MSG_NOSIGNAL);
      if (count < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOTCONN)) {
        to->blocked = 1;
        return;
      }
      if (count < 0) to->shut = 1;
      else chunk->at += (size_t)count;
      if (!to->shut && chunk->at < chunk->length) continue;
    }
    to->first = chunk->next;
    if (to->first == NULL) to->last = &to->first;
    free(chunk);
  }
}

static void accept_all(void) {
  for (;;) {
    int fd = accept4(listener_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    struct pair *pair = must_allocate(NULL, sizeof *pair);
    memset(pair, 0, sizeof *pair);
    pair->client = (struct end){.pair = pair, .other = &pair->server, .fd = fd, .last = &pair->client.first};
    pair->server = (struct end){.pair = pair, .other = &pair->client, .fd = -1, .last = &pair->server.first};
    /* SYN there and back, then the ACK: the server sees the connection after three ways, the client after two. */
    pair->dial_at_us = now_us() + 3 * one_way_us;
    pair->not_before_us = now_us() + 2 * one_way_us;
    pair->next = pairs;
    pairs = pair;
    watch(fd, &pair->client, EPOLLIN | EPOLLOUT | EPOLLET);
  }
}

static void dial_if_due(struct pair *pair, long long now) {
  if (pair->server.fd >= 0 || pair->dial_at_us > now) return;
  struct channel channel;
  channel_open(&channel, channel_dial(target), NULL, 0);
  pair->server.fd = channel.fd;
  watch(channel.fd, &pair->server, EPOLLIN | EPOLLOUT | EPOLLET);
}

static int is_over(const struct pair *pair) { return pair->client.shut && pair->server.shut; }

static void end_pair(struct pair *pair) {
  struct end *ends[] = {&pair->client, &pair->server};
  for (int i = 0; i < 2; i++) {
    close(ends[i]->fd);
    for (struct chunk *chunk = ends[i]->first, *next; chunk != NULL; chunk = next) {
      next = chunk->next;
      free(chunk);
    }
  }
  free(pair);
}

/* Writes what is due, dials where it is time, and tells when there is more to do; -1: nothing waits. */
static long long work(void) {
  long long now = now_us(), next = -1;
  for (struct pair **place = &pairs; *place != NULL;) {
    struct pair *pair = *place;
    dial_if_due(pair, now);
    write_due(&pair->client, now);
    if (pair->server.fd >= 0) write_due(&pair->server, now);
    if (is_over(pair)) {
      *place = pair->next;
      end_pair(pair);
      continue;
    }
    long long moments[] = {
        pair->server.fd < 0 ? pair->dial_at_us : -1,
        pair->client.first != NULL && !pair->client.blocked ? pair->client.first->due_us : -1,
        pair->server.first != NULL && !pair->server.blocked && pair->server.fd >= 0 ? pair->server.first->due_us : -1,
    };
    for (int i = 0; i < 3; i++)
      if (moments[i] >= 0 && (next < 0 || moments[i] < next)) next = moments[i];
    place = &pair->next;
  }
  return next;
}

int main(int count, char **arguments) {
  if (count != 3) {
    fprintf(stderr, "usage: delay-proxy PORT ONE_WAY_US\n");
    return 64;
  }
  signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  target = atoi(arguments[1]);
  one_way_us = atoll(arguments[2]);
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  int port;
  static struct end questions, listener;
  listener_fd = channel_listen(&port);
  watch(listener_fd, &listener, EPOLLIN);
  watch(STDIN_FILENO, &questions, EPOLLIN);
  printf("%d\n", port);
  fflush(stdout);
  for (;;) {
    long long next = work();
    long long wait_us = next < 0 ? 0 : next - now_us();
    if (wait_us < 0) wait_us = 0;
    struct timespec wait = {.tv_sec = wait_us / 1000000, .tv_nsec = wait_us % 1000000 * 1000};
    struct epoll_event events[256];
    int ready = epoll_pwait2(epoll_fd, events, 256, next < 0 ? NULL : &wait, NULL);
    if (ready < 0 && errno != EINTR) die("epoll_wait");
    for (int i = 0; i < ready; i++) {
      struct end *end = events[i].data.ptr;
      if (end == &questions) {
        char ignored[64];
        if (read(STDIN_FILENO, ignored, sizeof ignored) <= 0) return 0;
      } else if (end == &listener) {
        accept_all();
      } else {
        end->blocked = 0;
        read_all(end);
      }
    }
  }
}
