// SPDX-License-Identifier: Apache-2.0
#include "io/listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <system_error>

#include "core/check.h"
#include "core/to_number.h"

namespace fanlight {
namespace {

// Any socket address, with its size.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;

  sockaddr* generic() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* generic() const { return reinterpret_cast<const sockaddr*>(&storage); }
  template <class T>
  T& as() {
    size = sizeof(T);
    return reinterpret_cast<T&>(storage);
  }
  template <class T>
  const T& as() const {
    return reinterpret_cast<const T&>(storage);
  }
};

[[noreturn]] void reject(std::string_view text, std::string_view what) {
  throw std::invalid_argument(fmt::format("cannot listen on '{}': {}", text, what));
}

[[noreturn]] void fail(int error, std::string_view where) {
  throw std::system_error(error, std::system_category(), fmt::format("cannot listen on {}", where));
}

int parse_port(std::string_view text, std::string_view whole) {
  const std::optional<uint16_t> port = to_number<uint16_t>(text);
  if (!port) reject(whole, "the port must be a number from 0 to 65535");
  return *port;
}

bool is_numeric(int family, const std::string& host) {
  in6_addr ignored;
  return ::inet_pton(family, host.c_str(), &ignored) == 1;
}

SocketAddress to_socket_address(const ListenAddress& address, int port) {
  SocketAddress result;
  if (address.family == ListenAddress::Family::tcp4) {
    auto& v4 = result.as<sockaddr_in>();
    v4.sin_family = AF_INET;
    v4.sin_port = htons(static_cast<uint16_t>(port));
    CHECK(::inet_pton(AF_INET, address.host.c_str(), &v4.sin_addr) == 1);
  } else {
    auto& v6 = result.as<sockaddr_in6>();
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(static_cast<uint16_t>(port));
    CHECK(::inet_pton(AF_INET6, address.host.c_str(), &v6.sin6_addr) == 1);
  }
  return result;
}

SocketAddress to_socket_address(const std::string& path) {
  SocketAddress result;
  auto& local = result.as<sockaddr_un>();
  CHECK(path.size() < sizeof local.sun_path);
  local.sun_family = AF_UNIX;
  std::memcpy(local.sun_path, path.c_str(), path.size() + 1);
  return result;
}

void set_option(int fd, int level, int option, int value, std::string_view where) {
  if (::setsockopt(fd, level, option, &value, sizeof value) != 0) fail(errno, where);
}

int get_option(int fd, int option, std::string_view where) {
  int value = 0;
  socklen_t size = sizeof value;
  if (::getsockopt(fd, SOL_SOCKET, option, &value, &size) != 0) fail(errno, where);
  return value;
}

// Accepted sockets inherit all of this from their listener, which saves calls per connection.
void tune(int fd, bool tcp, const SocketTuning& tuning, std::string_view where) {
  if (tuning.send_buffer > 0) {
    set_option(fd, SOL_SOCKET, SO_SNDBUF, tuning.send_buffer, where);
  }
  if (!tcp) return;
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1, where);
  set_option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, tuning.unsent_bytes_max, where);
}

// Without SO_REUSEADDR, connections of an earlier process in TIME_WAIT would keep the port for a
// minute.
Fd open_socket(int family, std::string_view where) {
  Fd fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) fail(errno, where);
  set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1, where);
  // [::] and 0.0.0.0 on the same port are two listeners, given by two --listen flags.
  if (family == AF_INET6) set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1, where);
  return fd;
}

// True when the file at `path` is a socket without a listener: a process died without removing it.
// A listener with a full queue answers EAGAIN, and counts as alive.
bool is_stale(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return false;
  const Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const SocketAddress address = to_socket_address(path);
  return ::connect(probe.get(), address.generic(), address.size) != 0 && errno == ECONNREFUSED;
}

// Without a scheme.
ListenAddress parse_bare_address(std::string_view text) {
  constexpr std::string_view kUnix = "unix:";
  if (text.starts_with(kUnix)) {
    const std::string_view path = text.substr(kUnix.size());
    if (path.empty()) reject(text, "the path is missing");
    if (path.size() >= sizeof sockaddr_un::sun_path) {
      reject(text, "the path of a UNIX socket must be shorter than 108 bytes");
    }
    if (path.find('\0') != path.npos) reject(kUnix, "the path contains a NUL");
    return {ListenAddress::Family::unix_path, std::string(path), 0};
  }
  const size_t colon = text.rfind(':');
  const bool bare_port = colon == text.npos;
  if (bare_port && text.find_first_not_of("0123456789") != text.npos) {
    reject(text, "the port is missing (ADDRESS:PORT)");
  }
  const int port = parse_port(bare_port ? text : text.substr(colon + 1), text);
  std::string host(bare_port ? "" : text.substr(0, colon));
  if (host.empty() || host == "*") host = "0.0.0.0";
  if (host == "localhost") host = "127.0.0.1";
  if (is_numeric(AF_INET, host)) return {ListenAddress::Family::tcp4, host, port};
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    if (is_numeric(AF_INET6, host)) return {ListenAddress::Family::tcp6, host, port};
  } else if (host.find(':') != host.npos) {
    reject(text, "an IPv6 address must be in brackets ([::1]:5000)");
  }
  reject(text, "the address must be a number (127.0.0.1, [::1]), * or localhost");
}

}  // namespace

ListenAddress parse_listen_address(std::string_view text) {
  for (const bool is_tls : {false, true}) {
    const std::string_view scheme = is_tls ? "https://" : "http://";
    if (!text.starts_with(scheme)) continue;
    std::string_view rest = text.substr(scheme.size());
    if (rest.ends_with('/')) rest.remove_suffix(1);
    if (rest.starts_with("unix:")) reject(text, "a UNIX socket has no scheme");
    ListenAddress address = parse_bare_address(rest);
    address.is_tls = is_tls;
    return address;
  }
  return parse_bare_address(text);
}

Listener::OwnedPath::~OwnedPath() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

Listener::Listener(const ListenAddress& address, unsigned shards, const SocketTuning& tuning) {
  CHECK(shards > 0);
  if (address.family == ListenAddress::Family::unix_path) {
    open_unix(address.host, tuning);
  } else {
    open_tcp(address, shards, tuning);
  }
  learn_address();
}

// Without SO_REUSEPORT, bind and listen succeed only when no other process listens there, not even
// one that uses SO_REUSEPORT. Setting it afterwards lets the other sockets of this process join,
// and since the first one is kept, no other process can take the port in between.
void Listener::open_tcp(const ListenAddress& address, unsigned shards, const SocketTuning& tuning) {
  const bool v6 = address.family == ListenAddress::Family::tcp6;
  const std::string where = v6 ? fmt::format("[{}]:{}", address.host, address.port)
                               : fmt::format("{}:{}", address.host, address.port);
  SocketAddress target = to_socket_address(address, address.port);
  for (unsigned shard = 0; shard < shards; ++shard) {
    Fd fd = open_socket(v6 ? AF_INET6 : AF_INET, where);
    tune(fd.get(), true, tuning, where);
    const bool first = shard == 0;
    if (!first) set_option(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1, where);
    if (::bind(fd.get(), target.generic(), target.size) != 0) fail(errno, where);
    if (::listen(fd.get(), tuning.backlog) != 0) fail(errno, where);
    if (first && shards > 1) set_option(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1, where);
    // With port 0 the kernel has chosen a port by now, and the other shards use the same one.
    if (first) CHECK(::getsockname(fd.get(), target.generic(), &target.size) == 0);
    sockets_.push_back(std::move(fd));
  }
}

void Listener::open_unix(const std::string& path, const SocketTuning& tuning) {
  const SocketAddress target = to_socket_address(path);
  const std::string where = "unix:" + path;
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) fail(errno, where);
  tune(fd.get(), false, tuning, where);
  if (::bind(fd.get(), target.generic(), target.size) != 0) {
    const int error = errno;
    if (error != EADDRINUSE || !is_stale(path)) fail(error, where);
    if (::unlink(path.c_str()) != 0) fail(errno, where);
    if (::bind(fd.get(), target.generic(), target.size) != 0) fail(errno, where);
  }
  path_ = OwnedPath(path);
  if (::listen(fd.get(), tuning.backlog) != 0) fail(errno, where);
  sockets_.push_back(std::move(fd));
}

Listener::Listener(Fd inherited, const SocketTuning& tuning) {
  take(std::move(inherited), tuning, "the inherited descriptor");
  learn_address();
}

Listener::Listener(std::vector<Fd> passed, const std::string& path, const SocketTuning& tuning) {
  CHECK(!passed.empty());
  for (Fd& socket : passed) take(std::move(socket), tuning, "the other process's descriptor");
  learn_address();
  passed_path_ = path;
}

void Listener::take(Fd socket, const SocketTuning& tuning, std::string_view where) {
  const int fd = socket.get();
  if (get_option(fd, SO_TYPE, where) != SOCK_STREAM) fail(EPROTOTYPE, where);
  if (get_option(fd, SO_ACCEPTCONN, where) == 0) fail(EINVAL, where);
  if (::fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) fail(errno, where);
  const int family = get_option(fd, SO_DOMAIN, where);
  tune(fd, family == AF_INET || family == AF_INET6, tuning, where);
  sockets_.push_back(std::move(socket));
}

// For an O_NONBLOCK listener io_uring would complete with -EAGAIN instead of waiting.
void Listener::possess() {
  if (!passed_path_.empty()) path_ = OwnedPath(std::exchange(passed_path_, {}));
  for (const Fd& socket : sockets_) {
    const int flags = ::fcntl(socket.get(), F_GETFL);
    CHECK(flags >= 0 && ::fcntl(socket.get(), F_SETFL, flags & ~O_NONBLOCK) == 0);
  }
}

// The address that the first socket is actually bound to.
void Listener::learn_address() {
  SocketAddress address;
  CHECK(::getsockname(sockets_.front().get(), address.generic(), &address.size) == 0);
  char text[INET6_ADDRSTRLEN] = "";
  switch (address.storage.ss_family) {
    case AF_INET: {
      const auto& v4 = address.as<sockaddr_in>();
      port_ = ntohs(v4.sin_port);
      host_ = ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
      local_ = (ntohl(v4.sin_addr.s_addr) >> 24) == IN_LOOPBACKNET;
      break;
    }
    case AF_INET6: {
      const auto& v6 = address.as<sockaddr_in6>();
      port_ = ntohs(v6.sin6_port);
      host_ = fmt::format("[{}]", ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text));
      local_ = IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
      break;
    }
    case AF_UNIX: {
      const auto& local = address.as<sockaddr_un>();
      const size_t size = address.size - offsetof(sockaddr_un, sun_path);
      const bool is_abstract = size > 0 && local.sun_path[0] == '\0';
      host_.assign(local.sun_path, is_abstract ? size : ::strnlen(local.sun_path, size));
      if (is_abstract) host_.front() = '@';  // as unix(7) and ss(8) write it
      unix_ = local_ = true;
      break;
    }
    default:
      fail(EAFNOSUPPORT, "the inherited descriptor");
  }
}

std::vector<int> Listener::fds(unsigned shard, unsigned shards) const {
  CHECK(shard < shards);
  std::vector<int> fds{fd(shard)};
  for (unsigned i = shard + shards; i < sockets_.size(); i += shards) fds.push_back(fd(i));
  return fds;
}

std::string Listener::url() const {
  if (unix_) return fmt::format("unix:{}", host_);
  return fmt::format("{}://{}:{}/", tls_ ? "https" : "http", host_, port_);
}

}  // namespace fanlight
