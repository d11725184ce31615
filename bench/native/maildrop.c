#define _GNU_SOURCE
#include "maildrop.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "channel.h"

#define BUCKETS 4096
static struct maildrop *buckets[BUCKETS];

static uint32_t hash_of(const char *text) {
  uint32_t hash = 2166136261u; /* FNV-1a */
  for (; *text != 0; text++) hash = (hash ^ (unsigned char)*text) * 16777619u;
  return hash;
}

static const char *map_file(const char *path, size_t *size) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  struct stat status;
  if (fd < 0 || fstat(fd, &status) != 0) die(path);
  *size = (size_t)status.st_size;
  /* Read ahead of the first run: the first contestant must not pay for the disk. */
  void *bytes = mmap(NULL, *size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
  if (bytes == MAP_FAILED) die(path);
  close(fd);
  return bytes;
}

void series_open(struct series *series, const char *mail_file, const char *index_file) {
  size_t mail_size, index_size;
  const char *mail = map_file(mail_file, &mail_size);
  const char *index = map_file(index_file, &index_size);
  series->count = index_size / (3 * sizeof(uint64_t));
  series->messages = must_allocate(NULL, (series->count + 1) * sizeof(struct message));
  for (size_t i = 0; i < series->count; i++) {
    uint64_t row[3];
    memcpy(row, index + i * sizeof row, sizeof row);
    if (row[0] + row[1] > mail_size) die("index beyond mail");
    series->messages[i] =
        (struct message){.wire = mail + row[0], .wire_length = (size_t)row[1], .octets = (size_t)row[2]};
  }
}

struct maildrop *maildrop_of(const struct series *series, const char *login) {
  struct maildrop **place = &buckets[hash_of(login) % BUCKETS];
  for (struct maildrop *one = *place; one != NULL; one = one->next)
    if (strcmp(one->login, login) == 0) return one;
  struct maildrop *made = must_allocate(NULL, sizeof *made);
  memset(made, 0, sizeof *made);
  snprintf(made->login, sizeof made->login, "%s", login);
  made->deleted = must_allocate(NULL, series->count + 1);
  memset(made->deleted, 0, series->count + 1);
  made->count = series->count;
  for (size_t i = 0; i < series->count; i++) made->octets += series->messages[i].octets;
  made->next = *place;
  *place = made;
  return made;
}

void maildrops_forget(void) {
  for (size_t i = 0; i < BUCKETS; i++) {
    for (struct maildrop *one = buckets[i], *next; one != NULL; one = next) {
      next = one->next;
      free(one->deleted);
      free(one);
    }
    buckets[i] = NULL;
  }
}

size_t maildrop_delete(struct maildrop *maildrop, const struct series *series, const unsigned char *marked) {
  size_t gone = 0;
  for (size_t i = 0; i < series->count; i++) {
    if (!marked[i] || maildrop->deleted[i]) continue;
    maildrop->deleted[i] = 1;
    maildrop->count--;
    maildrop->octets -= series->messages[i].octets;
    gone++;
  }
  return gone;
}

static void write_hex(char *into, uint32_t number) {
  for (int i = 7; i >= 0; i--, number >>= 4) into[i] = "0123456789abcdef"[number & 15];
}

void write_uid(char *into, const char *login, size_t index) {
  write_hex(into, hash_of(login));
  write_hex(into + 8, (uint32_t)index + 1);
}
