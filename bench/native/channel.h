/*
 * A non-blocking connection, plain or TLS, for the server and the client of the bench. Registered once with epoll,
 * edge-triggered in both directions, so that a TLS connection that must write in order to read needs no special care:
 * on every event its owner reads until CHANNEL_WAIT and writes until CHANNEL_WAIT.
 */
#ifndef CHANNEL_H
#define CHANNEL_H

#include <openssl/ssl.h>
#include <stddef.h>
#include <sys/types.h>

/* Results of reading and writing besides a count of bytes. */
#define CHANNEL_END 0
#define CHANNEL_WAIT (-1)
#define CHANNEL_BROKEN (-2)

struct channel {
  int fd;
  SSL *ssl; /* NULL: plain */
};

/* A listening socket on 127.0.0.1; the port the system chose goes to *port. Ends the process on failure. */
int channel_listen(int *port);

/* A connection that is being made to 127.0.0.1. Ends the process on failure. */
int channel_dial(int port);

/* Adopts a descriptor; `context` NULL: plain. `server`: which side of the TLS handshake. */
void channel_open(struct channel *channel, int fd, SSL_CTX *context, int server);
ssize_t channel_read(struct channel *channel, char *into, size_t size);
ssize_t channel_write(struct channel *channel, const char *from, size_t size);
void channel_close(struct channel *channel);

/* Allows as many descriptors as the system lets us. */
void raise_descriptor_limit(void);

/* Monotonic time. */
long long now_us(void);

/* Says why on standard error and ends the process with 1. */
void die(const char *what) __attribute__((noreturn));

/* malloc and realloc that end the process rather than fail. */
void *must_allocate(void *former, size_t size);

#endif
