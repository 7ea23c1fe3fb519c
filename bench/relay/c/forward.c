/*
 * The least that forwards: a yardstick, no relay. Reads what came (recvmmsg), looks up its channel, compares where it came from,
 * writes the other channel in and sends the same memory on (sendmmsg). Arguments: port, file of routes, a line each:
 * "channel address port to-channel to-address to-port", channels as eight hexadecimal digits with the data's first four bits.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { BATCH = 64, MESSAGE_BYTES = 2048 + 64, SLOTS = 1 << 16, BUFFER_BYTES = 4 << 20 };

static struct route {
  uint32_t channel, to_channel;
  struct sockaddr_in from, to;
} routes[SLOTS];
static uint8_t bytes[BATCH][MESSAGE_BYTES];
static struct sockaddr_in names[BATCH], to_names[BATCH];
static struct iovec contents[BATCH], to_contents[BATCH];
static struct mmsghdr messages[BATCH], to_messages[BATCH];

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static struct sockaddr_in address_of(const char *text, int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  if (inet_pton(AF_INET, text, &address.sin_addr) != 1) fail(text);
  return address;
}

static struct route *find(uint32_t channel) {
  uint32_t at = channel & (SLOTS - 1);
  while (routes[at].channel != 0 && routes[at].channel != channel) at = (at + 1) & (SLOTS - 1);
  return &routes[at];
}

static void read_routes(const char *path) {
  FILE *file = fopen(path, "r");
  if (file == NULL) fail(path);
  uint32_t channel, to_channel;
  char from[64], to[64];
  int from_port, to_port;
  while (fscanf(file, "%x %63s %d %x %63s %d", &channel, from, &from_port, &to_channel, to, &to_port) == 6) {
    struct route *route = find(channel);
    *route = (struct route){.channel = channel,
                            .to_channel = htonl(to_channel),
                            .from = address_of(from, from_port),
                            .to = address_of(to, to_port)};
  }
  fclose(file);
}

int main(int count, char **words) {
  if (count != 3) {
    fprintf(stderr, "forward port routes\n");
    return 2;
  }
  read_routes(words[2]);
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in at = address_of("127.0.0.1", atoi(words[1]));
  if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0) fail("bind");
  int size = BUFFER_BYTES;
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) != 0)
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  for (int i = 0; i < BATCH; i++) {
    contents[i] = (struct iovec){.iov_base = bytes[i], .iov_len = 2048};
    messages[i].msg_hdr = (struct msghdr){.msg_name = &names[i], .msg_iov = &contents[i], .msg_iovlen = 1};
    to_messages[i].msg_hdr = (struct msghdr){.msg_name = &to_names[i],
                                             .msg_namelen = sizeof(struct sockaddr_in),
                                             .msg_iov = &to_contents[i],
                                             .msg_iovlen = 1};
  }
  struct sockaddr_in bound;
  socklen_t bound_bytes = sizeof bound;
  getsockname(fd, (struct sockaddr *)&bound, &bound_bytes);
  printf("ready %d\n", ntohs(bound.sin_port));
  fflush(stdout);
  for (;;) {
    for (int i = 0; i < BATCH; i++) messages[i].msg_hdr.msg_namelen = sizeof(struct sockaddr_in);
    int got = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);
    int sending = 0;
    for (int i = 0; i < got; i++) {
      uint32_t channel;
      if (messages[i].msg_len < 5) continue;
      memcpy(&channel, bytes[i], 4);
      struct route *route = find(ntohl(channel));
      if (route->channel == 0 || route->from.sin_port != names[i].sin_port ||
          route->from.sin_addr.s_addr != names[i].sin_addr.s_addr)
        continue;
      memcpy(bytes[i], &route->to_channel, 4);
      to_names[sending] = route->to;
      to_contents[sending++] = (struct iovec){.iov_base = bytes[i], .iov_len = messages[i].msg_len};
    }
    for (int at_message = 0; at_message < sending;) {
      int sent = sendmmsg(fd, to_messages + at_message, (unsigned)(sending - at_message), MSG_DONTWAIT);
      at_message += sent > 0 ? sent : 1;
    }
  }
}
