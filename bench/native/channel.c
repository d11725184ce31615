#include "channel.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

void die(const char *what) {
  perror(what);
  exit(1);
}

void *must_allocate(void *former, size_t size) {
  void *memory = realloc(former, size);
  if (memory == NULL) die("memory");
  return memory;
}

long long now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

void raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

static struct sockaddr_in local_address(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int channel_listen(int *port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket");
  struct sockaddr_in address = local_address(0);
  socklen_t length = sizeof address;
  if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0) die("bind");
  if (listen(fd, 4096) != 0) die("listen");
  if (getsockname(fd, (struct sockaddr *)&address, &length) != 0) die("getsockname");
  *port = ntohs(address.sin_port);
  return fd;
}

int channel_dial(int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket");
  struct sockaddr_in address = local_address(port);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0 && errno != EINPROGRESS) die("connect");
  return fd;
}

void channel_open(struct channel *channel, int fd, SSL_CTX *context, int server) {
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  channel->fd = fd;
  channel->ssl = NULL;
  if (context == NULL) return;
  channel->ssl = SSL_new(context);
  if (channel->ssl == NULL) die("SSL_new");
  SSL_set_fd(channel->ssl, fd);
  SSL_set_mode(channel->ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (server) SSL_set_accept_state(channel->ssl);
  else SSL_set_connect_state(channel->ssl);
}

static ssize_t tls_result(struct channel *channel, int result) {
  int error = SSL_get_error(channel->ssl, result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return CHANNEL_WAIT;
  if (error == SSL_ERROR_ZERO_RETURN) return CHANNEL_END;
  ERR_clear_error();
  /* A peer that leaves without the closing alert: an end as good as any after QUIT. */
  return CHANNEL_BROKEN;
}

ssize_t channel_read(struct channel *channel, char *into, size_t size) {
  if (channel->ssl != NULL) {
    int count = SSL_read(channel->ssl, into, size > 1 << 30 ? 1 << 30 : (int)size);
    return count > 0 ? count : tls_result(channel, count);
  }
  ssize_t count = read(channel->fd, into, size);
  if (count >= 0) return count;
  return errno == EAGAIN || errno == EINTR || errno == ENOTCONN ? CHANNEL_WAIT : CHANNEL_BROKEN;
}

ssize_t channel_write(struct channel *channel, const char *from, size_t size) {
  if (channel->ssl != NULL) {
    int count = SSL_write(channel->ssl, from, size > 1 << 30 ? 1 << 30 : (int)size);
    return count > 0 ? count : tls_result(channel, count);
  }
  ssize_t count = send(channel->fd, from, size, MSG_NOSIGNAL);
  if (count >= 0) return count;
  return errno == EAGAIN || errno == EINTR || errno == ENOTCONN || errno == EINPROGRESS ? CHANNEL_WAIT
                                                                                        : CHANNEL_BROKEN;
}

void channel_close(struct channel *channel) {
  if (channel->ssl != NULL) {
    /* Says goodbye without waiting for an answer. */
    SSL_shutdown(channel->ssl);
    SSL_free(channel->ssl);
  }
  close(channel->fd);
  ERR_clear_error();
}
