/*
 * Sends through a relay and receives what comes out of it, on one core. Arguments: port of the receiver, bytes in front of
 * what was sent that the relay leaves there, bytes of a datagram before that head, file of sources, a line each:
 * "source-address source-port relay-address relay-port head". The head is eight hexadecimal digits, "-" for none.
 *
 * Reads commands, a line each: "run packets-a-second train seconds strangers-a-second", and answers with
 * "result sent received lost-by-us p50 p95 p99 strangers milliseconds"; latencies are in nanoseconds.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

enum { MAX_SOURCES = 4096, STRANGERS = 64, BATCH = 64, TRAIN_BYTES = 65536, MAX_TRAIN = 48 };
enum { BINS = 200000, BIN_NANOS = 100, BUFFER_BYTES = 64 << 20, SETTLE_NANOS = 200000000 };

struct stamp {
  uint64_t nanos;
  uint32_t trial;
};

static struct source {
  int fd;
  struct sockaddr_in relay;
  uint8_t head[4];
  int has_head;
} sources[MAX_SOURCES];
static int source_count;
static int stranger_fds[STRANGERS];
static int receiver;
static int kept_head;
static int datagram_bytes;
static uint32_t trial;
static uint64_t received;
static uint32_t bins[BINS + 1];
static uint8_t out[TRAIN_BYTES];
static uint8_t in[BATCH][TRAIN_BYTES + 1216];

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static uint64_t nanos(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (uint64_t)time.tv_sec * 1000000000ull + (uint64_t)time.tv_nsec;
}

static int open_socket(const char *address, int port) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  if (inet_pton(AF_INET, address, &at.sin_addr) != 1) fail(address);
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  if (fd < 0) fail("socket");
  int on = 1;
  if (port != 0) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, (struct sockaddr *)&at, sizeof at) != 0) fail("bind");
  int bytes = BUFFER_BYTES;
  if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes) != 0)
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
  return fd;
}

static void read_sources(const char *path) {
  FILE *file = fopen(path, "r");
  if (file == NULL) fail(path);
  char from[64], relay[64], head[16];
  int from_port, relay_port;
  while (source_count < MAX_SOURCES &&
         fscanf(file, "%63s %d %63s %d %15s", from, &from_port, relay, &relay_port, head) == 5) {
    struct source *one = &sources[source_count++];
    one->fd = open_socket(from, from_port);
    one->relay.sin_family = AF_INET;
    one->relay.sin_port = htons((uint16_t)relay_port);
    inet_pton(AF_INET, relay, &one->relay.sin_addr);
    one->has_head = head[0] != '-';
    uint32_t word = htonl((uint32_t)strtoul(head, NULL, 16));
    memcpy(one->head, &word, 4);
  }
  fclose(file);
}

/* One train of equal datagrams; 0 where the kernel has no room. */
static int send_train(struct source *one, int train) {
  int bytes = datagram_bytes + (one->has_head ? 4 : 0);
  struct stamp stamp = {.nanos = nanos(CLOCK_REALTIME), .trial = trial};
  for (int i = 0; i < train; i++) {
    uint8_t *at = out + i * bytes;
    if (one->has_head) memcpy(at, one->head, 4);
    memcpy(at + (one->has_head ? 4 : 0), &stamp, sizeof stamp);
  }
  struct iovec content = {.iov_base = out, .iov_len = (size_t)(bytes * train)};
  union {
    struct cmsghdr head;
    char room[CMSG_SPACE(sizeof(uint16_t))];
  } control;
  struct msghdr message = {.msg_name = &one->relay,
                           .msg_namelen = sizeof one->relay,
                           .msg_iov = &content,
                           .msg_iovlen = 1};
  if (train > 1) {
    message.msg_control = &control;
    message.msg_controllen = sizeof control.room;
    control.head.cmsg_level = IPPROTO_UDP;
    control.head.cmsg_type = UDP_SEGMENT;
    control.head.cmsg_len = CMSG_LEN(sizeof(uint16_t));
    uint16_t segment = (uint16_t)bytes;
    memcpy(CMSG_DATA(&control.head), &segment, sizeof segment);
  }
  return sendmsg(one->fd, &message, MSG_NOSIGNAL) >= 0;
}

/* A hello, data on a channel that is not there, or anything. */
static void send_stranger(uint64_t number) {
  static uint32_t state = 2463534242u;
  state ^= state << 13, state ^= state >> 17, state ^= state << 5;
  uint8_t bytes[1204] = {0};
  size_t length = 1204;
  memcpy(bytes + 4, &state, 4);
  if (number % 3 == 0) {
    bytes[0] = 0x50, bytes[1] = 1;
    length = 32;
  } else if (number % 3 == 1) {
    uint32_t head = htonl(0x40000000u | (state & 0x0fffffffu));
    memcpy(bytes, &head, 4);
  } else {
    memcpy(bytes, &state, 4);
    length = 1 + state % 1400 % sizeof bytes;
  }
  const struct sockaddr_in *relay = &sources[0].relay;
  sendto(stranger_fds[number % STRANGERS], bytes, length, MSG_NOSIGNAL, (const struct sockaddr *)relay,
         sizeof *relay);
}

static int drain(void) {
  static struct mmsghdr messages[BATCH];
  static struct iovec contents[BATCH];
  static char controls[BATCH][128];
  for (int i = 0; i < BATCH; i++) {
    contents[i] = (struct iovec){.iov_base = in[i], .iov_len = TRAIN_BYTES};
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &contents[i],
                                          .msg_iovlen = 1,
                                          .msg_control = controls[i],
                                          .msg_controllen = sizeof controls[i]};
  }
  int count = recvmmsg(receiver, messages, BATCH, MSG_DONTWAIT, NULL);
  for (int i = 0; i < count; i++) {
    uint64_t arrived = 0;
    uint32_t length = messages[i].msg_len, segment = length;
    struct msghdr *message = &messages[i].msg_hdr;
    for (struct cmsghdr *one = CMSG_FIRSTHDR(message); one != NULL; one = CMSG_NXTHDR(message, one)) {
      if (one->cmsg_level == IPPROTO_UDP && one->cmsg_type == UDP_GRO) {
        int size;
        memcpy(&size, CMSG_DATA(one), sizeof size);
        segment = (uint32_t)size;
      } else if (one->cmsg_level == SOL_SOCKET && one->cmsg_type == SCM_TIMESTAMPNS) {
        struct timespec time;
        memcpy(&time, CMSG_DATA(one), sizeof time);
        arrived = (uint64_t)time.tv_sec * 1000000000ull + (uint64_t)time.tv_nsec;
      }
    }
    for (uint32_t at = 0; at + (uint32_t)kept_head + sizeof(struct stamp) <= length; at += segment) {
      struct stamp stamp;
      memcpy(&stamp, in[i] + at + kept_head, sizeof stamp);
      if (stamp.trial != trial) continue;
      received++;
      uint64_t took = arrived > stamp.nanos ? (arrived - stamp.nanos) / BIN_NANOS : 0;
      bins[took < BINS ? took : BINS]++;
    }
  }
  return count > 0 ? count : 0;
}

static uint64_t percentile(double share) {
  uint64_t rank = (uint64_t)(share * (double)received), seen = 0;
  for (int i = 0; i <= BINS; i++) {
    seen += bins[i];
    if (seen > rank) return (uint64_t)i * BIN_NANOS;
  }
  return 0;
}

static void run(double rate, int train, double seconds, double strangers) {
  uint64_t sent = 0, refused = 0, strange = 0;
  int next = 0;
  trial++;
  received = 0;
  memset(bins, 0, sizeof bins);
  uint64_t start = nanos(CLOCK_MONOTONIC), now = start;
  uint64_t end = start + (uint64_t)(seconds * 1e9);
  for (; now < end; now = nanos(CLOCK_MONOTONIC)) {
    double since = (double)(now - start) / 1e9;
    for (int burst = 0; burst < 16 && (double)(sent + refused) < since * rate; burst++) {
      if (send_train(&sources[next], train)) sent += (uint64_t)train;
      else refused += (uint64_t)train;
      next = (next + 1) % source_count;
    }
    for (int burst = 0; burst < 16 && (double)strange < since * strangers; burst++)
      send_stranger(strange++);
    drain();
  }
  uint64_t took = now - start;
  uint64_t quiet = now + SETTLE_NANOS;
  for (; now < quiet && received < sent; now = nanos(CLOCK_MONOTONIC)) drain();
  printf("result %lu %lu %lu %lu %lu %lu %lu %lu\n", sent, received, refused, percentile(0.5),
         percentile(0.95), percentile(0.99), strange, took / 1000000);
  fflush(stdout);
}

int main(int count, char **words) {
  if (count != 5) {
    fprintf(stderr, "load receiver-port kept-head datagram-bytes sources\n");
    return 2;
  }
  receiver = open_socket("0.0.0.0", atoi(words[1]));
  kept_head = atoi(words[2]);
  datagram_bytes = atoi(words[3]);
  read_sources(words[4]);
  for (int i = 0; i < STRANGERS; i++) {
    char address[32];
    snprintf(address, sizeof address, "127.2.0.%d", i + 1);
    stranger_fds[i] = open_socket(address, 0);
  }
  int on = 1, bytes = BUFFER_BYTES;
  if (setsockopt(receiver, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0)
    setsockopt(receiver, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  setsockopt(receiver, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  setsockopt(receiver, IPPROTO_UDP, UDP_GRO, &on, sizeof on);
  printf("ready %d\n", source_count);
  fflush(stdout);
  double rate, seconds, strangers;
  int train;
  while (scanf(" run %lf %d %lf %lf", &rate, &train, &seconds, &strangers) == 4)
    run(rate, train < MAX_TRAIN ? train : MAX_TRAIN, seconds, strangers);
  return 0;
}
