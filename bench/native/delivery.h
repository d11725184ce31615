/*
 * Files of the limit client: written and synced by four threads, then renamed into their Maildirs and the directories
 * synced, for a group of messages at once. A message counts as delivered when its group is durable.
 *
 * Order of calls, all from one thread: delivery_start; for each message mail_begin, mail_write…, mail_end; delivery_step
 * whenever delivery_fd is readable or delivery_wait_us is over. `delivered` is called from delivery_step.
 */
#ifndef DELIVERY_H
#define DELIVERY_H

#include <stddef.h>

struct mail;

void delivery_start(void (*delivered)(void *owner, unsigned number));
int delivery_fd(void);

/* Until a group that is not full goes anyway; -1: none waits. */
long long delivery_wait_us(void);
void delivery_step(void);

/* `owner` and `number` come back in `delivered`; `maildir` must outlive the message. */
struct mail *mail_begin(void *owner, unsigned number, const char *maildir);
void mail_write(struct mail *mail, const char *bytes, size_t length);
void mail_end(struct mail *mail);

#endif
