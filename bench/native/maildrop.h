/*
 * What the bench's server serves: one series of messages, the same for every login, and for each login which of them
 * are deleted. The messages come from a file in the form they have on the wire, so that serving costs nothing but
 * sending: the server shares the machine's cores with whom it serves.
 */
#ifndef MAILDROP_H
#define MAILDROP_H

#include <stddef.h>
#include <stdint.h>

struct message {
  const char *wire; /* dot-stuffed, with the line of one dot at its end */
  size_t wire_length;
  size_t octets; /* size as LIST tells it */
};

struct series {
  struct message *messages;
  size_t count;
};

/* One login's maildrop. */
struct maildrop {
  char login[64];
  unsigned char *deleted; /* one byte for each message of the series */
  size_t count;           /* not deleted */
  size_t octets;          /* of those */
  struct maildrop *next;
};

/*
 * Reads a series: `index_file` holds three 64-bit numbers for each message, in the machine's byte order: offset and
 * length in `mail_file`, and octets. Ends the process on failure.
 */
void series_open(struct series *series, const char *mail_file, const char *index_file);

/* The login's maildrop, whole when it is asked for the first time. */
struct maildrop *maildrop_of(const struct series *series, const char *login);

/* Every maildrop is whole again. No session may be open. */
void maildrops_forget(void);

/* Deletes for good what `marked` says (a byte for each message). Returns how many went. */
size_t maildrop_delete(struct maildrop *maildrop, const struct series *series, const unsigned char *marked);

/* The unique-id of a message: 16 hex digits, the same whenever it is asked, different for each login. */
#define UID_LENGTH 16
void write_uid(char *into, const char *login, size_t index);

#endif
