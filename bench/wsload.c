/*
 * wsload - WebSocket echo bot, paced load generator, byte relay and CPU meter.
 *
 * One single-threaded epoll program, no dependencies.  docs/performance.md says
 * how it is used; usage() lists the options.
 *
 *   build:  gcc -O2 -Wall -Wextra -std=gnu11 -o wsload wsload.c
 *
 *   wsload server  [-l addr:port]                      echo bot
 *   wsload relay   [-l addr:port] [-t addr:port]       minimal byte relay
 *   wsload load    [options] ws://addr:port/path       paced calls, RTT, loss
 *   wsload max     [options] ws://addr:port/path       fixed window in flight
 *   wsload connect [options] ws://addr:port/path       connect/echo/close loops
 *   wsload idle    [options] ws://addr:port/path       open N and hold
 *   wsload slow    [options] ws://addr:port/flood=B    client stops reading
 *   wsload push    [options] ws://addr:port/stall=S    bot stops reading
 *   wsload forge   [options] ws://addr:port/path       upgrades that must be refused
 *
 * Every client mode prints exactly one JSON object on stdout.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* ------------------------------------------------------------------ util */

#define SEC 1000000000ull
#define MSEC 1000000ull
#define IO_BUF (1u << 20)     /* shared read and write buffers */
#define OUT_HIGH (1u << 18)   /* server: stop reading above this backlog */
#define MAX_EVENTS 512
#define MAX_PIDS 16

static char io_in[IO_BUF], io_out[IO_BUF + 64];
static int ep;

static void die(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fputs("wsload: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(2);
}

static void *xrealloc(void *p, size_t n)
{
	if (!(p = realloc(p, n)))
		die("out of memory");
	return p;
}

static uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SEC + (uint64_t)t.tv_nsec;
}

static uint64_t rng_state = 0x9e3779b97f4a7c15ull;
static uint64_t rng(void)
{
	rng_state ^= rng_state << 13;
	rng_state ^= rng_state >> 7;
	rng_state ^= rng_state << 17;
	return rng_state;
}

static const char B64[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void base64(const uint8_t *in, size_t n, char *out)
{
	size_t i, o = 0;
	for (i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)in[i] << 16;
		if (i + 1 < n) v |= (uint32_t)in[i + 1] << 8;
		if (i + 2 < n) v |= in[i + 2];
		out[o++] = B64[v >> 18 & 63];
		out[o++] = B64[v >> 12 & 63];
		out[o++] = i + 1 < n ? B64[v >> 6 & 63] : '=';
		out[o++] = i + 2 < n ? B64[v & 63] : '=';
	}
	out[o] = 0;
}

/* SHA-1 of a short string (under 120 bytes): enough for the handshake. */
static void sha1(const char *s, size_t n, uint8_t out[20])
{
	uint8_t m[128] = {0};
	uint32_t h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
	size_t blocks = (n + 9 + 63) / 64;
	memcpy(m, s, n);
	m[n] = 0x80;
	for (int i = 0; i < 8; i++)
		m[blocks * 64 - 1 - i] = (uint8_t)((uint64_t)n * 8 >> (8 * i));
	for (size_t b = 0; b < blocks; b++) {
		uint32_t w[80], a = h[0], bb = h[1], c = h[2], d = h[3], e = h[4];
		for (int i = 0; i < 16; i++) {
			const uint8_t *p = m + b * 64 + i * 4;
			w[i] = (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
		}
#define ROL(x, k) ((x) << (k) | (x) >> (32 - (k)))
		for (int i = 16; i < 80; i++)
			w[i] = ROL(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
		for (int i = 0; i < 80; i++) {
			uint32_t f, k;
			if (i < 20) f = (bb & c) | (~bb & d), k = 0x5a827999;
			else if (i < 40) f = bb ^ c ^ d, k = 0x6ed9eba1;
			else if (i < 60) f = (bb & c) | (bb & d) | (c & d), k = 0x8f1bbcdc;
			else f = bb ^ c ^ d, k = 0xca62c1d6;
			uint32_t t = ROL(a, 5) + f + e + k + w[i];
			e = d, d = c, c = ROL(bb, 30), bb = a, a = t;
		}
		h[0] += a, h[1] += bb, h[2] += c, h[3] += d, h[4] += e;
	}
	for (int i = 0; i < 20; i++)
		out[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i % 4)));
}

/* Sec-WebSocket-Accept for a key. */
static void ws_accept(const char *key, size_t n, char out[32])
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	char s[128];
	uint8_t d[20];
	if (n > 60)
		n = 60;
	memcpy(s, key, n);
	memcpy(s + n, guid, sizeof guid - 1);
	sha1(s, n + sizeof guid - 1, d);
	base64(d, 20, out);
}

/* Log-linear histogram of nanoseconds: 64 steps per power of two (1.6 %). */
#define H_SUB 64
struct hist { uint64_t n, max, sum, c[40 * H_SUB]; };

static void h_add(struct hist *h, uint64_t v)
{
	unsigned i;
	if (v < H_SUB) i = (unsigned)v;
	else {
		unsigned e = 63 - (unsigned)__builtin_clzll(v) - 6;
		i = (e + 1) * H_SUB + (unsigned)(v >> e) - H_SUB;
	}
	if (i >= 40 * H_SUB) i = 40 * H_SUB - 1;
	h->c[i]++, h->n++, h->sum += v;
	if (v > h->max) h->max = v;
}

static double h_us(const struct hist *h, double q)
{
	uint64_t want = (uint64_t)(q * (double)h->n + 0.5), seen = 0;
	if (!h->n) return 0;
	if (want < 1) want = 1;
	for (unsigned i = 0; i < 40 * H_SUB; i++)
		if ((seen += h->c[i]) >= want) {
			double v = i < H_SUB ? i : (double)((uint64_t)(H_SUB + i % H_SUB + 1) << (i / H_SUB - 1));
			return (v > (double)h->max ? (double)h->max : v) / 1e3;
		}
	return (double)h->max / 1e3;
}

static void h_print(const char *name, const struct hist *h)
{
	printf(",\"%s\":{\"n\":%llu,\"mean\":%.1f,\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f}",
	       name, (unsigned long long)h->n, h->n ? (double)h->sum / (double)h->n / 1e3 : 0,
	       h_us(h, .5), h_us(h, .9), h_us(h, .99), h_us(h, .999), (double)h->max / 1e3);
}

/* --------------------------------------------- CPU and memory of a process */

static int pids[MAX_PIDS], n_pids;

/* CPU time of one process in seconds (/proc/PID/stat): all, or user only */
static double cpu_part(int pid, bool user_only)
{
	char path[64], b[1024], *p;
	unsigned long ut = 0, st = 0;
	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	int fd = open(path, O_RDONLY);
	if (fd < 0) return 0;
	ssize_t n = read(fd, b, sizeof b - 1);
	close(fd);
	if (n <= 0) return 0;
	b[n] = 0;
	if ((p = strrchr(b, ')')))
		sscanf(p + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &ut, &st);
	return (double)(ut + (user_only ? 0 : st)) / (double)sysconf(_SC_CLK_TCK);
}

static double cpu_s(int pid) { return cpu_part(pid, false); }

static double all_cpu_s(void)
{
	double s = 0;
	for (int i = 0; i < n_pids; i++) s += cpu_s(pids[i]);
	return s;
}

static double all_user_s(void)
{
	double s = 0;
	for (int i = 0; i < n_pids; i++) s += cpu_part(pids[i], true);
	return s;
}

static long all_rss_kb(void)
{
	long sum = 0;
	for (int i = 0; i < n_pids; i++) {
		char path[64];
		long size, res = 0;
		snprintf(path, sizeof path, "/proc/%d/statm", pids[i]);
		FILE *f = fopen(path, "r");
		if (!f) continue;
		if (fscanf(f, "%ld %ld", &size, &res) == 2)
			sum += res * (sysconf(_SC_PAGESIZE) / 1024);
		fclose(f);
	}
	return sum;
}

/* kernel memory held by TCP socket buffers, whole machine, in kB */
static long tcp_mem_kb(void)
{
	char line[256];
	long pages = 0;
	FILE *f = fopen("/proc/net/sockstat", "r");
	if (!f) return 0;
	while (fgets(line, sizeof line, f)) {
		char *p = strstr(line, " mem ");
		if (!strncmp(line, "TCP:", 4) && p) pages = atol(p + 5);
	}
	fclose(f);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* --------------------------------------------------------------- sockets */

static struct sockaddr_in parse_addr(const char *s)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	char host[64];
	const char *c = strrchr(s, ':');
	if (!c || (size_t)(c - s) >= sizeof host) die("bad address %s", s);
	memcpy(host, s, (size_t)(c - s));
	host[c - s] = 0;
	if (!strcmp(host, "localhost")) strcpy(host, "127.0.0.1");
	if (inet_pton(AF_INET, host, &a.sin_addr) != 1) die("bad host %s (IPv4 only)", host);
	a.sin_port = htons((uint16_t)atoi(c + 1));
	return a;
}

static int tcp_connect(const struct sockaddr_in *to)
{
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (connect(fd, (const struct sockaddr *)to, sizeof *to) < 0 && errno != EINPROGRESS) {
		close(fd);
		return -1;
	}
	return fd;
}

static int tcp_listen(const char *addr)
{
	struct sockaddr_in a = parse_addr(addr);
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(fd, (struct sockaddr *)&a, sizeof a) < 0 || listen(fd, 4096) < 0)
		die("listen %s: %s", addr, strerror(errno));
	return fd;
}

static int tcp_accept(int lfd)
{
	int one = 1, fd = accept4(lfd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return fd;
}

static void ep_set(int op, int fd, uint32_t ev, void *p)
{
	struct epoll_event e = {.events = ev, .data.ptr = p};
	if (epoll_ctl(ep, op, fd, &e) < 0 && op != EPOLL_CTL_DEL)
		die("epoll_ctl: %s", strerror(errno));
}

/* Growable byte queue for what could not be handled or written at once. */
struct q { char *b; size_t off, len, cap; };

static void q_put(struct q *q, const void *p, size_t n)
{
	if (q->off && q->off == q->len) q->off = q->len = 0;
	if (q->len + n > q->cap) {
		if (q->off) memmove(q->b, q->b + q->off, q->len - q->off);
		q->len -= q->off, q->off = 0;
		if (q->len + n > q->cap)
			q->b = xrealloc(q->b, q->cap = (q->len + n) * 2);
	}
	memcpy(q->b + q->len, p, n);
	q->len += n;
}

static size_t q_size(const struct q *q) { return q->len - q->off; }
static void q_free(struct q *q) { free(q->b); *q = (struct q){0}; }

/* Write p[0..n) after what is queued.  Returns false when the peer is gone. */
static bool send_all(int fd, struct q *q, const void *p, size_t n)
{
	ssize_t r;
	while (q_size(q)) {
		r = send(fd, q->b + q->off, q_size(q), MSG_NOSIGNAL);
		if (r < 0 && errno != EAGAIN) return false;
		if (r < 0) break;
		q->off += (size_t)r;
	}
	if (!n) return true;
	if (!q_size(q)) {
		r = send(fd, p, n, MSG_NOSIGNAL);
		if (r < 0 && errno != EAGAIN) return false;
		if (r < 0) r = 0;
		p = (const char *)p + r, n -= (size_t)r;
	}
	if (n) q_put(q, p, n);
	return true;
}

/* ---------------------------------------------------------------- frames */

enum { OP_CONT = 0, OP_TEXT = 1, OP_BIN = 2, OP_CLOSE = 8, OP_PING = 9, OP_PONG = 10 };

struct frame { uint8_t b0; bool masked; uint8_t mask[4]; size_t head, len; };

/* True when a whole frame lies in p[0..n). */
static bool frame_parse(const char *p, size_t n, struct frame *f)
{
	const uint8_t *u = (const uint8_t *)p;
	if (n < 2) return false;
	f->b0 = u[0];
	f->masked = u[1] & 0x80;
	f->len = u[1] & 0x7f;
	f->head = 2;
	if (f->len == 126) {
		if (n < 4) return false;
		f->len = (size_t)u[2] << 8 | u[3], f->head = 4;
	} else if (f->len == 127) {
		if (n < 10) return false;
		f->len = 0;
		for (int i = 2; i < 10; i++) f->len = f->len << 8 | u[i];
		f->head = 10;
	}
	if (f->masked) {
		if (n < f->head + 4) return false;
		memcpy(f->mask, u + f->head, 4);
		f->head += 4;
	}
	if (f->len > IO_BUF / 2) die("frame of %zu bytes is over this tool's limit", f->len);
	return n >= f->head + f->len;
}

static size_t frame_head(char *out, uint8_t b0, size_t len, const uint8_t *mask)
{
	size_t h = 2;
	out[0] = (char)b0;
	if (len < 126) out[1] = (char)len;
	else if (len < 65536) out[1] = 126, out[2] = (char)(len >> 8), out[3] = (char)len, h = 4;
	else {
		out[1] = 127, h = 10;
		for (int i = 0; i < 8; i++) out[2 + i] = (char)((uint64_t)len >> (56 - 8 * i));
	}
	if (mask) {
		out[1] |= (char)0x80;
		memcpy(out + h, mask, 4);
		h += 4;
	}
	return h;
}

static void xor_mask(char *p, size_t n, const uint8_t mask[4])
{
	uint32_t m32;
	uint64_t m, v;
	size_t i = 0;
	memcpy(&m32, mask, 4);
	m = (uint64_t)m32 << 32 | m32;
	for (; i + 8 <= n; i += 8) {
		memcpy(&v, p + i, 8);
		v ^= m;
		memcpy(p + i, &v, 8);
	}
	for (; i < n; i++) p[i] ^= (char)mask[i & 3];
}

/* End of an HTTP head in p[0..n), or 0. */
static size_t head_end(const char *p, size_t n)
{
	const char *e = memmem(p, n, "\r\n\r\n", 4);
	return e ? (size_t)(e - p) + 4 : 0;
}

/* Value of a header in a head; *len is its length.  NULL if absent. */
static const char *header(const char *p, size_t n, const char *name, size_t *len)
{
	size_t k = strlen(name);
	const char *end = p + n;
	while (p < end) {
		const char *nl = memmem(p, (size_t)(end - p), "\r\n", 2);
		if (!nl) return NULL;
		if ((size_t)(nl - p) > k && p[k] == ':' && !strncasecmp(p, name, k)) {
			p += k + 1;
			while (p < nl && *p == ' ') p++;
			*len = (size_t)(nl - p);
			return p;
		}
		p = nl + 2;
	}
	return NULL;
}

/* ------------------------------------------------------ message contents */

/* The message a telephony provider sends 50 times a second: 391 bytes. */
#define PAY 216
#define SEQ_W 6
#define TS_W 10
static const char M0[] = "{\"event\":\"media\",\"sequenceNumber\":\"";
static const char M1[] = "\",\"media\":{\"track\":\"inbound\",\"chunk\":\"";
static const char M2[] = "\",\"timestamp\":\"";
static const char M3[] = "\",\"payload\":\"";
static const char M4[] = "\"},\"streamSid\":\"";
static const char M5[] = "\"}";
#define SID_W 34
enum {
	P_SEQ = sizeof M0 - 1, P_M1 = P_SEQ + SEQ_W, P_CHUNK = P_M1 + sizeof M1 - 1,
	P_M2 = P_CHUNK + SEQ_W, P_TS = P_M2 + sizeof M2 - 1, P_M3 = P_TS + TS_W,
	P_PAY = P_M3 + sizeof M3 - 1, P_M4 = P_PAY + PAY, P_SID = P_M4 + sizeof M4 - 1,
	P_M5 = P_SID + SID_W, MSG = P_M5 + sizeof M5 - 1
};
#define POOL 8192
static char pool[POOL];

static void pool_init(void)
{
	for (int i = 0; i < POOL; i++) pool[i] = B64[(i * 2654435761u >> 13) & 63];
}

static const char *pool_at(uint32_t conn, uint32_t seq)
{
	return pool + (conn * 31u + seq * 17u) % (POOL - PAY);
}

static void put_dec(char *p, int w, uint64_t v)
{
	while (w--) p[w] = (char)('0' + v % 10), v /= 10;
}

static uint64_t get_dec(const char *p, int w)
{
	uint64_t v = 0;
	for (int i = 0; i < w; i++) {
		if (p[i] < '0' || p[i] > '9') return UINT64_MAX;
		v = v * 10 + (uint64_t)(p[i] - '0');
	}
	return v;
}

static void sid_put(char *p, uint32_t conn)
{
	p[0] = 'M', p[1] = 'Z';
	for (int i = 2; i < SID_W; i++) p[i] = "0123456789abcdef"[(conn * 2654435761u >> (i % 7 * 4)) & 15];
	put_dec(p + SID_W - 6, 6, conn);
}

static void msg_put(char *p, uint32_t conn, uint32_t seq, uint64_t ts)
{
	memcpy(p, M0, P_SEQ);
	put_dec(p + P_SEQ, SEQ_W, seq % 1000000);
	memcpy(p + P_M1, M1, sizeof M1 - 1);
	put_dec(p + P_CHUNK, SEQ_W, (seq + 1) % 1000000);
	memcpy(p + P_M2, M2, sizeof M2 - 1);
	put_dec(p + P_TS, TS_W, ts);
	memcpy(p + P_M3, M3, sizeof M3 - 1);
	memcpy(p + P_PAY, pool_at(conn, seq), PAY);
	memcpy(p + P_M4, M4, sizeof M4 - 1);
	sid_put(p + P_SID, conn);
	memcpy(p + P_M5, M5, sizeof M5 - 1);
}

/* Every byte must be what msg_put wrote; returns its timestamp, else ~0. */
static uint64_t msg_check(const char *p, size_t n, uint32_t conn, uint32_t seq)
{
	char want[MSG];
	if (n != MSG) return UINT64_MAX;
	uint64_t ts = get_dec(p + P_TS, TS_W);
	if (ts == UINT64_MAX) return ts;
	msg_put(want, conn, seq, ts);
	return memcmp(p, want, MSG) ? UINT64_MAX : ts;
}

/* Flood frames (bot -> client, slow mode): 1000 bytes, numbered. */
#define FLOOD 1000
static void flood_put(char *p, uint64_t seq)
{
	put_dec(p, 12, seq);
	for (int i = 12; i < FLOOD; i++) p[i] = pool[(seq * 97 + (uint64_t)i) % POOL];
}

/* ------------------------------------------------------ server: echo bot */

struct sconn {
	int fd;
	bool open, closing;
	uint32_t ev;
	uint64_t flood_seq, flood_end, stall_until;
	struct q in, out;
	struct sconn *next_stalled;
};
static struct sconn *stalled;
static uint64_t srv_open, srv_msgs, srv_accepted;
static volatile sig_atomic_t srv_asked;
static void srv_ask(int sig) { (void)sig; srv_asked = 1; }

static void s_close(struct sconn *c)
{
	close(c->fd);
	for (struct sconn **p = &stalled; *p; p = &(*p)->next_stalled)
		if (*p == c) { *p = c->next_stalled; break; }
	q_free(&c->in), q_free(&c->out);
	free(c);
	srv_open--;
}

static void s_events(struct sconn *c)
{
	uint32_t ev = 0;
	if (!c->stall_until && q_size(&c->out) < OUT_HIGH) ev |= EPOLLIN;
	if (q_size(&c->out) || c->flood_seq < c->flood_end) ev |= EPOLLOUT;
	if (ev != c->ev) ep_set(EPOLL_CTL_MOD, c->fd, c->ev = ev, c);
}

/* Returns bytes of p used, or -1 to close. */
static ssize_t s_handshake(struct sconn *c, const char *p, size_t n)
{
	char resp[256], acc[32];
	const char *key, *path, *opt;
	size_t klen, end = head_end(p, n);
	if (!end) return n > 16384 ? -1 : 0;
	path = memchr(p, ' ', end);
	if (!path || !(key = header(p, end, "Sec-WebSocket-Key", &klen))) {
		static const char bad[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
		send_all(c->fd, &c->out, bad, sizeof bad - 1);
		return -1;
	}
	const char *eol = memchr(path, '\r', end);
	if ((opt = memmem(path, (size_t)(eol - path), "flood=", 6)))
		c->flood_end = strtoull(opt + 6, NULL, 10) / FLOOD;
	if ((opt = memmem(path, (size_t)(eol - path), "stall=", 6))) {
		c->stall_until = now_ns() + strtoull(opt + 6, NULL, 10) * SEC;
		c->next_stalled = stalled, stalled = c;
	}
	ws_accept(key, klen, acc);
	int k = snprintf(resp, sizeof resp,
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
		"Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", acc);
	if (!send_all(c->fd, &c->out, resp, (size_t)k)) return -1;
	c->open = true;
	return (ssize_t)end;
}

/* Handle all whole frames in p[0..n); returns bytes used, -1 to close. */
static ssize_t s_frames(struct sconn *c, char *p, size_t n)
{
	size_t used = 0, o = 0;
	struct frame f;
	while (!c->closing && frame_parse(p + used, n - used, &f)) {
		char *body = p + used + f.head;
		uint8_t op = f.b0 & 15, b0 = f.b0;
		if (!f.masked) return -1;
		xor_mask(body, f.len, f.mask);
		used += f.head + f.len;
		if (op == OP_PONG) continue;
		if (op == OP_PING) b0 = 0x80 | OP_PONG;
		if (op == OP_CLOSE) c->closing = true;
		if (op < 8) srv_msgs++;
		if (o + f.len + 16 > IO_BUF) {
			if (!send_all(c->fd, &c->out, io_out, o)) return -1;
			o = 0;
		}
		o += frame_head(io_out + o, b0, f.len, NULL);
		memcpy(io_out + o, body, f.len);
		o += f.len;
	}
	if (o && !send_all(c->fd, &c->out, io_out, o)) return -1;
	if (c->closing && !q_size(&c->out)) return -1;
	return (ssize_t)used;
}

static void s_read(struct sconn *c)
{
	size_t n = q_size(&c->in), used = 0;
	if (n) memcpy(io_in, c->in.b + c->in.off, n);
	ssize_t r = read(c->fd, io_in + n, (n ? IO_BUF : 65536) - n);
	if (r < 0 && errno == EAGAIN) return;
	if (r <= 0) { s_close(c); return; }
	n += (size_t)r;
	while (used < n) {
		ssize_t k = c->open ? s_frames(c, io_in + used, n - used)
				    : s_handshake(c, io_in + used, n - used);
		if (k < 0) { s_close(c); return; }
		if (k == 0 || c->stall_until) { used += (size_t)k; break; }
		used += (size_t)k;
	}
	c->in.off = c->in.len = 0;
	if (used < n) q_put(&c->in, io_in + used, n - used);
	s_events(c);
}

static void s_write(struct sconn *c)
{
	if (!send_all(c->fd, &c->out, NULL, 0)) { s_close(c); return; }
	while (c->flood_seq < c->flood_end && !q_size(&c->out)) {
		size_t o = 0;
		for (int i = 0; i < 32 && c->flood_seq < c->flood_end; i++) {
			o += frame_head(io_out + o, 0x80 | OP_TEXT, FLOOD, NULL);
			flood_put(io_out + o, c->flood_seq++);
			o += FLOOD;
		}
		if (!send_all(c->fd, &c->out, io_out, o)) { s_close(c); return; }
	}
	if (c->closing && !q_size(&c->out)) { s_close(c); return; }
	s_events(c);
}

static void server(const char *addr)
{
	struct epoll_event evs[MAX_EVENTS];
	int lfd = tcp_listen(addr);
	ep_set(EPOLL_CTL_ADD, lfd, EPOLLIN, NULL);
	fprintf(stderr, "wsload server on %s\n", addr);
	struct sigaction ask = {.sa_handler = srv_ask};   /* no SA_RESTART: epoll_wait returns */
	sigaction(SIGUSR1, &ask, NULL);
	for (;;) {
		int n = epoll_wait(ep, evs, MAX_EVENTS, stalled ? 50 : -1);
		if (srv_asked) {
			srv_asked = 0;
			printf("{\"accepted\":%llu,\"open\":%llu,\"msgs\":%llu}\n", (unsigned long long)srv_accepted,
			       (unsigned long long)srv_open, (unsigned long long)srv_msgs);
			fflush(stdout);
		}
		for (int i = 0; i < n; i++) {
			struct sconn *c = evs[i].data.ptr;
			if (!c) {
				int fd, k = 0;
				while (k++ < 64 && (fd = tcp_accept(lfd)) >= 0) {
					c = xrealloc(NULL, sizeof *c);
					*c = (struct sconn){.fd = fd, .ev = EPOLLIN};
					ep_set(EPOLL_CTL_ADD, fd, EPOLLIN, c);
					srv_open++, srv_accepted++;
				}
			} else if (evs[i].events & EPOLLOUT) s_write(c);
			else if (evs[i].events & EPOLLIN) s_read(c);
			else s_close(c);
		}
		for (struct sconn **p = &stalled, *c; (c = *p); )
			if (now_ns() >= c->stall_until) {
				*p = c->next_stalled;
				c->stall_until = 0;
				s_events(c);
			} else p = &c->next_stalled;
	}
}

/* ------------------------------------ relay: the floor for a byte splice */

struct side { int fd; struct side *peer; struct q out; uint32_t ev; bool eof, dead; struct side *next_dead; };
static struct side *dead_list;

static void r_close(struct side *s)
{
	if (s->dead) return;
	struct side *p = s->peer;
	close(s->fd), close(p->fd);
	q_free(&s->out), q_free(&p->out);
	s->dead = p->dead = true;
	s->next_dead = dead_list, dead_list = s;
}

static void r_events(struct side *s)
{
	uint32_t ev = 0;
	if (!s->eof && !q_size(&s->peer->out)) ev |= EPOLLIN;
	if (q_size(&s->out)) ev |= EPOLLOUT;
	if (ev != s->ev) ep_set(EPOLL_CTL_MOD, s->fd, s->ev = ev, s);
}

static void r_read(struct side *s)
{
	ssize_t r = read(s->fd, io_in, 65536);
	if (r < 0 && errno == EAGAIN) return;
	if (r < 0) { r_close(s); return; }
	if (r == 0) {
		s->eof = true;
		if (s->peer->eof && !q_size(&s->out) && !q_size(&s->peer->out)) { r_close(s); return; }
		if (!q_size(&s->peer->out)) shutdown(s->peer->fd, SHUT_WR);
		r_events(s);
		return;
	}
	if (!send_all(s->peer->fd, &s->peer->out, io_in, (size_t)r)) { r_close(s); return; }
	if (q_size(&s->peer->out)) r_events(s), r_events(s->peer);
}

static void r_write(struct side *s)
{
	if (!send_all(s->fd, &s->out, NULL, 0)) { r_close(s); return; }
	if (q_size(&s->out)) return;
	if (s->peer->eof) {
		shutdown(s->fd, SHUT_WR);
		if (s->eof) { r_close(s); return; }
	}
	r_events(s), r_events(s->peer);
}

static void relay(const char *addr, const char *target)
{
	struct epoll_event evs[MAX_EVENTS];
	struct sockaddr_in to = parse_addr(target);
	int lfd = tcp_listen(addr);
	ep_set(EPOLL_CTL_ADD, lfd, EPOLLIN, NULL);
	fprintf(stderr, "wsload relay on %s to %s\n", addr, target);
	for (;;) {
		int n = epoll_wait(ep, evs, MAX_EVENTS, -1);
		for (int i = 0; i < n; i++) {
			struct side *s = evs[i].data.ptr;
			if (!s) {
				int a, b, k = 0;
				while (k++ < 64 && (a = tcp_accept(lfd)) >= 0) {
					if ((b = tcp_connect(&to)) < 0) { close(a); continue; }
					struct side *x = xrealloc(NULL, 2 * sizeof *x), *y = x + 1;
					*x = (struct side){.fd = a, .peer = y, .ev = EPOLLIN};
					*y = (struct side){.fd = b, .peer = x, .ev = EPOLLIN};
					ep_set(EPOLL_CTL_ADD, a, EPOLLIN, x);
					ep_set(EPOLL_CTL_ADD, b, EPOLLIN, y);
				}
				continue;
			}
			if (s->dead) continue;
			if (evs[i].events & EPOLLOUT) r_write(s);
			else if (evs[i].events & EPOLLIN) r_read(s);
			else r_close(s);
		}
		while (dead_list) {
			struct side *s = dead_list, *base = s < s->peer ? s : s->peer;
			dead_list = s->next_dead;
			free(base);
		}
	}
}

/* ---------------------------------------------------------------- client */

enum cstate { C_NONE, C_CONNECTING, C_HEAD, C_OPEN, C_CLOSING, C_DEAD };

struct cconn {
	int fd;
	enum cstate st;
	uint32_t id, tx, rx, ev, gen;
	uint64_t t_start;
	struct q in, out;
	char accept[32];
};

static struct opts {
	int n, rate, window, parallel;
	double dur, warm, hold;
	uint64_t bytes, gran_ns;
	struct sockaddr_in to;
	char host[80], path[1024];
} o = {.n = 100, .rate = 50, .window = 4, .parallel = 64, .dur = 5, .warm = 1, .bytes = 20000000, .gran_ns = 100000};

static struct cconn *conns;
static struct hist h_rtt, h_lag, h_hs;
static uint64_t base_ns, win_from, win_to;  /* measuring window */
static uint64_t tx, rx, win_tx, win_rx, corrupt, dropped, blocked, refused, pings, opened, closed_ok;
static uint64_t forbidden;              /* refused with 403 */
static char *next_path;                 /* -u: one path a line, each used once */
static bool ran_out;
static int connecting, next_conn;
static bool reconnect, reading_stopped;
static void (*on_open)(struct cconn *), (*on_msg)(struct cconn *, char *, size_t);
static void (*on_end)(struct cconn *);

static void c_end(struct cconn *c)
{
	close(c->fd);
	q_free(&c->in), q_free(&c->out);
	c->st = C_DEAD;
	c->gen++;
	if (on_end) on_end(c);
}

/* Connection ended although nobody asked for it. */
static void c_drop(struct cconn *c)
{
	if (c->st == C_CONNECTING || c->st == C_HEAD) connecting--, refused++;
	else if (c->st == C_OPEN) dropped++;
	c_end(c);
}

static void c_start(struct cconn *c)
{
	if (next_path && !*next_path) { ran_out = true; c->st = C_DEAD; return; }
	c->tx = c->rx = 0;
	c->t_start = now_ns();
	connecting++;
	c->st = C_CONNECTING;
	if ((c->fd = tcp_connect(&o.to)) < 0) { connecting--, refused++; c->st = C_DEAD; return; }
	ep_set(EPOLL_CTL_ADD, c->fd, c->ev = EPOLLOUT, c);
}

static void c_events(struct cconn *c)
{
	uint32_t ev = reading_stopped ? 0 : EPOLLIN;
	if (q_size(&c->out)) ev |= EPOLLOUT;
	if (ev != c->ev) ep_set(EPOLL_CTL_MOD, c->fd, c->ev = ev, c);
}

static void c_request(struct cconn *c)
{
	uint8_t raw[16];
	char key[32], req[1536];
	for (int i = 0; i < 16; i += 8) { uint64_t v = rng(); memcpy(raw + i, &v, 8); }
	base64(raw, 16, key);
	ws_accept(key, strlen(key), c->accept);
	const char *path = o.path;
	int path_len = (int)strlen(path);
	if (next_path && *next_path) {
		path = next_path, path_len = (int)strcspn(path, "\n");
		next_path += path_len + (path[path_len] != 0);
	}
	int n = snprintf(req, sizeof req,
		"GET %.*s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\nUser-Agent: wsload\r\n\r\n",
		path_len, path, o.host, key);
	if (n >= (int)sizeof req) die("path too long");
	c->st = C_HEAD;
	if (!send_all(c->fd, &c->out, req, (size_t)n)) { c_drop(c); return; }
	c_events(c);
}

static bool c_frame(struct cconn *c, uint8_t b0, const char *body, size_t len)
{
	char buf[16 + 1024];
	uint32_t r = (uint32_t)rng();
	uint8_t mask[4];
	if (len > 1024) die("client frame too long");
	memcpy(mask, &r, 4);
	size_t h = frame_head(buf, b0, len, mask);
	memcpy(buf + h, body, len);
	xor_mask(buf + h, len, mask);
	if (!send_all(c->fd, &c->out, buf, h + len)) { c_drop(c); return false; }
	if (q_size(&c->out)) c_events(c);
	return true;
}

static void c_send(struct cconn *c, uint64_t stamp)
{
	char m[MSG];
	msg_put(m, c->id, c->tx, (stamp - base_ns) / 1000);
	if (!c_frame(c, 0x80 | OP_TEXT, m, MSG)) return;
	c->tx++, tx++;
	if (stamp >= win_from && stamp < win_to) win_tx++;
}

static void c_close_frame(struct cconn *c)
{
	static const char body[2] = {0x03, (char)0xe8};
	if (c_frame(c, 0x80 | OP_CLOSE, body, 2)) c->st = C_CLOSING;
}

static void c_read(struct cconn *c)
{
	size_t n = q_size(&c->in), used = 0;
	struct frame f;
	uint32_t gen = c->gen;
	if (n) memcpy(io_in, c->in.b + c->in.off, n);
	ssize_t r = read(c->fd, io_in + n, (n ? IO_BUF : 65536) - n);
	if (r < 0 && errno == EAGAIN) return;
	if (r <= 0) {
		if (c->st == C_CLOSING) closed_ok++, c_end(c);
		else c_drop(c);
		return;
	}
	n += (size_t)r;
	if (c->st == C_HEAD) {
		size_t alen, end = head_end(io_in, n);
		const char *a = end ? header(io_in, end, "Sec-WebSocket-Accept", &alen) : NULL;
		if (end && (strncmp(io_in, "HTTP/1.1 101", 12) || !a || alen != strlen(c->accept) || memcmp(a, c->accept, alen))) {
			if (!strncmp(io_in, "HTTP/1.1 403", 12)) forbidden++;
			else if (!refused) fprintf(stderr, "handshake refused: %.*s\n", (int)(strcspn(io_in, "\r")), io_in);
			c_drop(c);
			return;
		}
		if (end) {
			used = end;
			c->st = C_OPEN;
			connecting--, opened++;
			h_add(&h_hs, now_ns() - c->t_start);
			if (on_open) on_open(c);
		}
	}
	while (c->gen == gen && (c->st == C_OPEN || c->st == C_CLOSING) && frame_parse(io_in + used, n - used, &f)) {
		char *body = io_in + used + f.head;
		uint8_t op = f.b0 & 15;
		used += f.head + f.len;
		if (f.masked) corrupt++;
		if (op == OP_PING) { pings++; if (!c_frame(c, 0x80 | OP_PONG, body, f.len)) return; }
		else if (op == OP_CLOSE) {
			if (c->st == C_CLOSING) continue;   /* the answer; wait for EOF */
			c_drop(c);
			return;
		} else if (op < 8) {
			if (on_msg) on_msg(c, body, f.len);
			if (c->gen != gen) return;
		}
	}
	if (c->gen != gen) return;
	c->in.off = c->in.len = 0;
	if (used < n) q_put(&c->in, io_in + used, n - used);
}

/* One turn of the loop; timeout in ns. */
static void c_poll(uint64_t timeout)
{
	struct epoll_event evs[MAX_EVENTS];
	struct timespec ts = {(time_t)(timeout / SEC), (long)(timeout % SEC)};
	int n = epoll_pwait2(ep, evs, MAX_EVENTS, &ts, NULL);
	for (int i = 0; i < n; i++) {
		struct cconn *c = evs[i].data.ptr;
		uint32_t ev = evs[i].events;
		if (c->st == C_DEAD) continue;
		if (c->st == C_CONNECTING) {
			if (ev & (EPOLLERR | EPOLLHUP)) c_drop(c);
			else c_request(c);
			continue;
		}
		if (ev & EPOLLOUT) {
			if (!send_all(c->fd, &c->out, NULL, 0)) { c_drop(c); continue; }
			c_events(c);
		}
		if (ev & EPOLLIN) c_read(c);
		else if (ev & (EPOLLERR | EPOLLHUP)) c_drop(c);
	}
}

/* Open all connections, at most o.parallel handshakes at once. */
static void c_open_all(void)
{
	uint64_t give_up = now_ns() + 60 * SEC;
	while (next_conn < o.n || connecting) {
		while (next_conn < o.n && connecting < o.parallel) c_start(&conns[next_conn++]);
		c_poll(10 * MSEC);
		if (now_ns() > give_up) { fprintf(stderr, "gave up connecting: %d still waiting\n", connecting); break; }
	}
}

static void check_echo(struct cconn *c, char *p, size_t n)
{
	uint64_t t = now_ns(), ts = msg_check(p, n, c->id, c->rx);
	c->rx++, rx++;
	if (ts == UINT64_MAX) { corrupt++; return; }
	uint64_t sent = base_ns + ts * 1000;
	if (sent >= win_from && sent < win_to && t > sent) h_add(&h_rtt, t - sent);
	if (t >= win_from && t < win_to) win_rx++;
}

static double cpu0, cpu1, user0, user1, self0, self1;
static bool cpu_open, cpu_done;
static void window_cpu(uint64_t t)
{
	if (!cpu_open && t >= win_from) cpu_open = true, cpu0 = all_cpu_s(), user0 = all_user_s(), self0 = cpu_s(getpid());
	if (cpu_open && !cpu_done && t >= win_to) cpu_done = true, cpu1 = all_cpu_s(), user1 = all_user_s(), self1 = cpu_s(getpid());
}

static void report(const char *mode, double secs)
{
	uint64_t relayed = win_tx + win_rx;
	printf("{\"mode\":\"%s\",\"conns\":%d,\"opened\":%llu,\"refused\":%llu,\"dropped\":%llu,\"secs\":%.3f",
	       mode, o.n, (unsigned long long)opened, (unsigned long long)refused, (unsigned long long)dropped, secs);
	printf(",\"tx\":%llu,\"rx\":%llu,\"lost\":%lld,\"corrupt\":%llu,\"blocked\":%llu,\"pings\":%llu",
	       (unsigned long long)tx, (unsigned long long)rx, (long long)(tx - rx),
	       (unsigned long long)corrupt, (unsigned long long)blocked, (unsigned long long)pings);
	printf(",\"tx_per_s\":%.0f,\"rx_per_s\":%.0f,\"msg_per_s\":%.0f", (double)win_tx / secs, (double)win_rx / secs, (double)relayed / secs);
	if (n_pids)
		printf(",\"cpu_us_per_msg\":%.3f,\"cpu_user_us_per_msg\":%.3f,\"cpu_cores\":%.3f,\"rss_kb\":%ld",
		       relayed ? (cpu1 - cpu0) * 1e6 / (double)relayed : 0,
		       relayed ? (user1 - user0) * 1e6 / (double)relayed : 0, (cpu1 - cpu0) / secs, all_rss_kb());
	printf(",\"self_cores\":%.3f", (self1 - self0) / secs);
	if (h_rtt.n) h_print("rtt_us", &h_rtt);
	if (h_lag.n) h_print("lag_us", &h_lag);
	if (h_hs.n) h_print("handshake_us", &h_hs);
	printf("}\n");
}

static void run_load(void)
{
	on_msg = check_echo;
	c_open_all();
	uint64_t period = SEC / (uint64_t)o.rate, t0 = now_ns() + 200 * MSEC, i = 0;
	win_from = t0 + (uint64_t)(o.warm * 1e9);
	win_to = win_from + (uint64_t)(o.dur * 1e9);
	for (;;) {
		uint64_t t = now_ns(), due = t0;
		window_cpu(t);
		for (int k = 0; k < 128; k++, i++) {
			due = t0 + i / (uint64_t)o.n * period + i % (uint64_t)o.n * period / (uint64_t)o.n;
			if (due > t || due >= win_to) break;
			struct cconn *c = &conns[i % (uint64_t)o.n];
			if (c->st != C_OPEN) continue;
			if (q_size(&c->out) > 65536) { blocked++; continue; }  /* relay does not take it */
			if (due >= win_from) h_add(&h_lag, t - due);
			c_send(c, due);
			t = now_ns();
		}
		if (t >= win_to) { window_cpu(t); break; }
		uint64_t wait = due > t ? due - t : 0;
		if (wait && wait < o.gran_ns) wait = o.gran_ns;
		c_poll(wait);
	}
	uint64_t grace = now_ns() + 3 * SEC;
	while (rx < tx && now_ns() < grace) c_poll(10 * MSEC);
	report("load", o.dur);
}

static void max_msg(struct cconn *c, char *p, size_t n)
{
	check_echo(c, p, n);
	uint64_t t = now_ns();
	if (t < win_to && c->st == C_OPEN) c_send(c, t);
}

static void run_max(void)
{
	on_msg = max_msg;
	c_open_all();
	uint64_t t = now_ns();
	win_from = t + (uint64_t)(o.warm * 1e9);
	win_to = win_from + (uint64_t)(o.dur * 1e9);
	for (int i = 0; i < o.n; i++)
		for (int k = 0; k < o.window && conns[i].st == C_OPEN; k++) c_send(&conns[i], t);
	while ((t = now_ns()) < win_to + 5 * MSEC) window_cpu(t), c_poll(5 * MSEC);
	window_cpu(t);
	uint64_t grace = now_ns() + 3 * SEC;
	while (rx < tx && now_ns() < grace) c_poll(10 * MSEC);
	report("max", o.dur);
}

static struct hist h_cycle, h_echo;
static void cyc_open(struct cconn *c) { c_send(c, now_ns()); }
static void cyc_msg(struct cconn *c, char *p, size_t n)
{
	uint64_t t = now_ns();
	if (t >= win_from && t < win_to) h_add(&h_echo, t - c->t_start);
	check_echo(c, p, n);
	if (c->st == C_OPEN) c_close_frame(c);
}
static void cyc_end(struct cconn *c)
{
	uint64_t t = now_ns();
	if (t >= win_from && t < win_to) h_add(&h_cycle, t - c->t_start);
	if (reconnect) c_start(c);
}

static void run_connect(void)
{
	on_open = cyc_open, on_msg = cyc_msg, on_end = cyc_end;
	reconnect = true;
	uint64_t t = now_ns(), ok0 = 0, ok1 = 0;
	win_from = t + (uint64_t)(o.warm * 1e9);
	win_to = win_from + (uint64_t)(o.dur * 1e9);
	for (int i = 0; i < o.n; i++) c_start(&conns[i]);
	for (; (t = now_ns()) < win_to; window_cpu(t), c_poll(5 * MSEC))
		if (t < win_from) ok0 = closed_ok;
	ok1 = closed_ok;
	window_cpu(t);
	reconnect = false;
	uint64_t grace = now_ns() + 2 * SEC;
	int alive = 1;
	while (alive && now_ns() < grace) {
		alive = 0;
		c_poll(10 * MSEC);
		for (int i = 0; i < o.n; i++) alive += conns[i].st != C_DEAD;
	}
	double cycles = (double)(ok1 - ok0);
	printf("{\"mode\":\"connect\",\"parallel\":%d,\"secs\":%.3f,\"cycles\":%llu,\"cycles_per_s\":%.0f,\"refused\":%llu,\"ran_out\":%d,\"dropped\":%llu,\"corrupt\":%llu,\"stuck\":%d",
	       o.n, o.dur, (unsigned long long)closed_ok, cycles / o.dur, (unsigned long long)refused, ran_out, (unsigned long long)dropped, (unsigned long long)corrupt, alive);
	if (n_pids)
		printf(",\"cpu_us_per_cycle\":%.1f,\"cpu_cores\":%.3f,\"rss_kb\":%ld", cycles ? (cpu1 - cpu0) * 1e6 / cycles : 0,
		       (cpu1 - cpu0) / o.dur, all_rss_kb());
	printf(",\"self_cores\":%.3f", (self1 - self0) / o.dur);
	h_print("handshake_us", &h_hs);
	h_print("first_echo_us", &h_echo);
	h_print("cycle_us", &h_cycle);
	printf("}\n");
}

/* forge: R upgrades a second in all, each of which the relay must answer with 403. */
static void run_forge(void)
{
	uint64_t t0 = now_ns(), end = t0 + (uint64_t)(o.dur * 1e9), t, tried = 0, skipped = 0, due = 0;
	int slot = 0;
	while ((t = now_ns()) < end) {
		for (; due <= (t - t0) * (uint64_t)o.rate / SEC; due++) {
			int k = 0;
			while (k++ < o.n && conns[slot].st != C_NONE && conns[slot].st != C_DEAD) slot = (slot + 1) % o.n;
			if (k > o.n) { skipped++; continue; }
			c_start(&conns[slot]), tried++;
		}
		c_poll(MSEC);
	}
	uint64_t grace = now_ns() + 2 * SEC;
	while (connecting && now_ns() < grace) c_poll(10 * MSEC);
	printf("{\"mode\":\"forge\",\"secs\":%.3f,\"tried\":%llu,\"tried_per_s\":%.0f,\"skipped\":%llu,\"forbidden\":%llu,\"unanswered\":%llu,\"let_in\":%llu}\n",
	       o.dur, (unsigned long long)tried, (double)tried / o.dur, (unsigned long long)skipped, (unsigned long long)forbidden,
	       (unsigned long long)(tried - forbidden - opened), (unsigned long long)opened);
}

static void run_idle(void)
{
	long r0 = all_rss_kb(), r1;
	on_open = cyc_open, on_msg = check_echo;
	uint64_t t0 = now_ns();
	c_open_all();
	double secs = (double)(now_ns() - t0) / 1e9;
	uint64_t until = now_ns() + (uint64_t)(o.dur * 1e9);
	double c0 = all_cpu_s();
	while (now_ns() < until) c_poll(50 * MSEC);
	r1 = all_rss_kb();
	printf("{\"mode\":\"idle\",\"conns\":%d,\"opened\":%llu,\"refused\":%llu,\"dropped\":%llu,\"echoed\":%llu,\"corrupt\":%llu,\"open_secs\":%.3f"
	       ",\"rss_before_kb\":%ld,\"rss_after_kb\":%ld,\"rss_kb_per_conn\":%.2f,\"idle_cpu_cores\":%.4f",
	       o.n, (unsigned long long)opened, (unsigned long long)refused, (unsigned long long)dropped, (unsigned long long)rx,
	       (unsigned long long)corrupt, secs, r0, r1, (double)(r1 - r0) / o.n, (all_cpu_s() - c0) / o.dur);
	h_print("handshake_us", &h_hs);
	printf("}\n");
}

/* slow: the bot floods, the client stops reading for o.dur, then reads all. */
static uint64_t flood_rx;
static void flood_msg(struct cconn *c, char *p, size_t n)
{
	char want[FLOOD];
	flood_put(want, c->rx++);
	flood_rx += n;
	if (n != FLOOD || memcmp(p, want, FLOOD)) corrupt++;
}

static void sample_peak(uint64_t secs_ns, long *rss, long *kern)
{
	uint64_t until = now_ns() + secs_ns;
	while (now_ns() < until) {
		long r = all_rss_kb(), k = tcp_mem_kb();
		if (r > *rss) *rss = r;
		if (k > *kern) *kern = k;
		c_poll(20 * MSEC);
	}
}

static void run_slow(void)
{
	long r0 = all_rss_kb(), k0 = tcp_mem_kb(), peak = r0, kpeak = k0;
	on_msg = flood_msg;
	snprintf(o.path + strlen(o.path), sizeof o.path - strlen(o.path), "?flood=%llu", (unsigned long long)o.bytes);
	c_open_all();
	reading_stopped = true;
	for (int i = 0; i < o.n; i++) if (conns[i].st == C_OPEN) c_events(&conns[i]);
	sample_peak((uint64_t)(o.dur * 1e9), &peak, &kpeak);
	double cpu_a = all_cpu_s();
	reading_stopped = false;
	for (int i = 0; i < o.n; i++) if (conns[i].st == C_OPEN) c_events(&conns[i]);
	uint64_t want = o.bytes / FLOOD * FLOOD * opened, t0 = now_ns();
	long peak2 = 0;
	while (flood_rx < want && now_ns() < t0 + 60 * SEC && dropped < opened) {
		c_poll(20 * MSEC);
		long r = all_rss_kb();
		if (r > peak2) peak2 = r;
	}
	double secs = (double)(now_ns() - t0) / 1e9;
	printf("{\"mode\":\"slow\",\"conns\":%d,\"opened\":%llu,\"refused\":%llu,\"dropped\":%llu,\"bytes_want\":%llu,\"bytes_got\":%llu,\"corrupt\":%llu"
	       ",\"rss_before_kb\":%ld,\"rss_peak_stalled_kb\":%ld,\"rss_grow_kb_per_conn\":%.1f,\"rss_peak_drain_kb\":%ld,\"tcp_mem_grow_kb\":%ld,\"drain_secs\":%.2f,\"drain_MBps\":%.1f,\"drain_cpu_s\":%.2f}\n",
	       o.n, (unsigned long long)opened, (unsigned long long)refused, (unsigned long long)dropped, (unsigned long long)want,
	       (unsigned long long)flood_rx, (unsigned long long)corrupt, r0, peak, (double)(peak - r0) / o.n, peak2, kpeak - k0, secs,
	       (double)flood_rx / 1e6 / secs, all_cpu_s() - cpu_a);
}

/* push: the bot does not read for o.dur; the client sends as much as it can. */
static void run_push(void)
{
	long r0 = all_rss_kb(), k0 = tcp_mem_kb(), peak = r0, kpeak = k0;
	on_msg = check_echo;
	snprintf(o.path + strlen(o.path), sizeof o.path - strlen(o.path), "?stall=%d", (int)(o.dur + .5));
	c_open_all();
	uint64_t per = o.bytes / MSG, t0 = now_ns(), next = 0, at_stall = 0;
	while (now_ns() < t0 + (uint64_t)(o.dur * 1e9) + 60 * SEC) {
		uint64_t t = now_ns(), done = 0;
		for (int i = 0; i < o.n; i++) {
			struct cconn *c = &conns[i];
			for (int k = 0; k < 64 && c->st == C_OPEN && c->tx < per && q_size(&c->out) < 4096; k++) c_send(c, t);
			done += c->tx >= per || c->st != C_OPEN;
		}
		if (done == (uint64_t)o.n && rx >= tx) break;
		if (t >= next) {
			long r = all_rss_kb(), k = tcp_mem_kb();
			if (r > peak) peak = r;
			if (k > kpeak) kpeak = k;
			next = t + 20 * MSEC;
		}
		if (t < t0 + (uint64_t)(o.dur * 1e9)) at_stall = tx;
		c_poll(2 * MSEC);
	}
	printf("{\"mode\":\"push\",\"conns\":%d,\"opened\":%llu,\"refused\":%llu,\"dropped\":%llu,\"sent\":%llu,\"sent_while_stalled\":%llu,\"echoed\":%llu,\"corrupt\":%llu"
	       ",\"rss_before_kb\":%ld,\"rss_peak_kb\":%ld,\"rss_grow_kb_per_conn\":%.1f,\"tcp_mem_grow_kb\":%ld,\"secs\":%.2f}\n",
	       o.n, (unsigned long long)opened, (unsigned long long)refused, (unsigned long long)dropped, (unsigned long long)tx, (unsigned long long)at_stall,
	       (unsigned long long)rx, (unsigned long long)corrupt, r0, peak, (double)(peak - r0) / o.n, kpeak - k0, (double)(now_ns() - t0) / 1e9);
}

/* ------------------------------------------------------------------ main */

static void usage(void)
{
	fputs("usage: wsload server|relay|load|max|connect|idle|slow|push|forge [options] [ws://addr:port/path]\n"
	      "  -l addr:port  listen address (server 127.0.0.1:9001, relay 127.0.0.1:9002)\n"
	      "  -t addr:port  relay target (127.0.0.1:9001)\n"
	      "  -n N     connections (connect mode: loops in parallel)      [100]\n"
	      "  -r R     load: messages per second per connection; forge: upgrades per second  [50]\n"
	      "  -d SECS  measuring time; idle/slow/push: holding time       [5]\n"
	      "  -w SECS  warm-up before the measuring window                [1]\n"
	      "  -k W     max: messages in flight per connection             [4]\n"
	      "  -c C     handshakes in flight while opening                 [64]\n"
	      "  -b B     slow/push: bytes per connection                    [20000000]\n"
	      "  -g US    load: sends are grouped within this many us        [100]\n"
	      "  -u FILE  connect: take each path from here, one a line, each once\n"
	      "  -P PID   watch this process's CPU time and RSS (repeatable)\n", stderr);
	exit(2);
}

static char *slurp(const char *name)
{
	FILE *f = fopen(name, "r");
	size_t n = 0, k;
	char *b = xrealloc(NULL, 65536 + 1);
	if (!f) die("open %s: %s", name, strerror(errno));
	while ((k = fread(b + n, 1, 65536, f)) > 0) b = xrealloc(b, (n += k) + 65536 + 1);
	fclose(f);
	b[n] = 0;
	return b;
}

int main(int argc, char **argv)
{
	const char *listen_addr = NULL, *target = "127.0.0.1:9001";
	struct rlimit rl;
	int k;
	if (argc < 2) usage();
	const char *mode = argv[1];
	argc--, argv++;
	while ((k = getopt(argc, argv, "l:t:n:r:d:w:k:c:b:g:u:P:")) != -1)
		switch (k) {
		case 'l': listen_addr = optarg; break;
		case 't': target = optarg; break;
		case 'n': o.n = atoi(optarg); break;
		case 'r': o.rate = atoi(optarg); break;
		case 'd': o.dur = atof(optarg); break;
		case 'w': o.warm = atof(optarg); break;
		case 'k': o.window = atoi(optarg); break;
		case 'c': o.parallel = atoi(optarg); break;
		case 'b': o.bytes = strtoull(optarg, NULL, 10); break;
		case 'g': o.gran_ns = strtoull(optarg, NULL, 10) * 1000; break;
		case 'u': next_path = slurp(optarg); break;
		case 'P': if (n_pids < MAX_PIDS) pids[n_pids++] = atoi(optarg); break;
		default: usage();
		}
	if (o.n < 1 || o.rate < 1 || o.window < 1 || o.parallel < 1) usage();
	getrlimit(RLIMIT_NOFILE, &rl);
	rl.rlim_cur = rl.rlim_max;
	setrlimit(RLIMIT_NOFILE, &rl);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_TIMERSLACK, 1);
	pool_init();
	rng_state ^= now_ns() * 0x2545f4914f6cdd1dull | 1;
	ep = epoll_create1(EPOLL_CLOEXEC);

	if (!strcmp(mode, "server")) { server(listen_addr ? listen_addr : "127.0.0.1:9001"); return 0; }
	if (!strcmp(mode, "relay")) { relay(listen_addr ? listen_addr : "127.0.0.1:9002", target); return 0; }

	const char *url = optind < argc ? argv[optind] : "ws://127.0.0.1:9001/";
	if (strncmp(url, "ws://", 5)) die("the URL must begin with ws://");
	const char *slash = strchr(url + 5, '/');
	size_t hl = slash ? (size_t)(slash - url - 5) : strlen(url + 5);
	if (hl >= sizeof o.host) die("host too long");
	memcpy(o.host, url + 5, hl);
	snprintf(o.path, sizeof o.path, "%s", slash ? slash : "/");
	o.to = parse_addr(o.host);
	conns = xrealloc(NULL, (size_t)o.n * sizeof *conns);
	memset(conns, 0, (size_t)o.n * sizeof *conns);
	for (int i = 0; i < o.n; i++) conns[i].id = (uint32_t)i, conns[i].fd = -1;
	base_ns = now_ns() - MSEC;
	win_to = UINT64_MAX;

	if (!strcmp(mode, "load")) run_load();
	else if (!strcmp(mode, "max")) run_max();
	else if (!strcmp(mode, "connect")) run_connect();
	else if (!strcmp(mode, "idle")) run_idle();
	else if (!strcmp(mode, "slow")) run_slow();
	else if (!strcmp(mode, "push")) run_push();
	else if (!strcmp(mode, "forge")) run_forge();
	else usage();
	return 0;
}
