// SPDX-License-Identifier: Apache-2.0
// Listener: an address that the server listens on, and the sockets that its shards accept on.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/fd.h"

namespace fanlight {

// A parsed `--listen` value.
struct ListenAddress {
  enum class Family { tcp4, tcp6, unix_path };
  Family family = Family::tcp4;
  std::string host;  // numeric address without brackets; for unix_path the path
  int port = 0;      // 0: the kernel chooses a free one
  std::optional<bool> is_tls = std::nullopt;  // as its scheme has it; empty: it has none
};

// `127.0.0.1:5000`, `[::1]:5000`, `*:5000` (all IPv4 addresses), `:5000` (the same), `5000` (the
// same), `localhost:5000`, `unix:/run/fanlight.sock`; those with a port also with `http://` or
// `https://` in front and `/` behind, which decides about TLS. Throws std::invalid_argument whose
// what() gives the mistake.
ListenAddress parse_listen_address(std::string_view text);

// How the kernel treats the sockets of viewers; inherited by every accepted socket.
struct SocketTuning {
  // Bytes that the kernel may queue unsent per viewer (TCP_NOTSENT_LOWAT, tcp(7)): the bound on how
  // much this queue can delay a slow viewer's pictures.
  int unsent_bytes_max = 16 << 10;
  // SO_SNDBUF in bytes, 0: the kernel's own autotuning. The kernel doubles it (socket(7)).
  int send_buffer = 0;
  int backlog = 4096;  // the kernel limits it to net.core.somaxconn
};

// Owns: one listening socket per shard (SO_REUSEPORT, the kernel spreads connections over them),
//   or one shared by all where SO_REUSEPORT does not exist (AF_UNIX) or the descriptor was
//   inherited. A UNIX socket's path is removed by the destructor.
// Thread: made and destroyed by main; each shard accepts on fds(shard).
class Listener {
 public:
  // Throws std::system_error: EADDRINUSE when the port is taken, even by a process that itself uses
  // SO_REUSEPORT (a plain bind first proves that the port is free); EACCES; EADDRNOTAVAIL. A stale
  // UNIX socket file without a listener is replaced; any other file at the path is EADDRINUSE.
  Listener(const ListenAddress& address, unsigned shards, const SocketTuning& tuning);

  // A listening socket that was inherited (systemd's socket activation, sd_listen_fds(3)); all
  // shards share it. Throws std::system_error when it is not a listening stream socket.
  Listener(Fd inherited, const SocketTuning& tuning);

  // Listening sockets of one address, of an earlier process: as many as it had shards. `path`: of a
  // UNIX socket, else empty. Throws likewise.
  Listener(std::vector<Fd> passed, const std::string& path, const SocketTuning& tuning);

  Listener(Listener&&) = default;
  Listener& operator=(Listener&&) = default;

  // The socket that a shard accepts on; and all of them, if there were more shards before.
  int fd(unsigned shard) const { return sockets_[shard % sockets_.size()].get(); }
  std::vector<int> fds(unsigned shard, unsigned shards) const;
  std::span<const Fd> sockets() const { return sockets_; }
  // From now on, or no longer, the sockets are this process's only: their mode is as io_uring needs
  // it, and the destructor removes the path of a UNIX socket that is not inherited. A listener that
  // was made of an address is possessed; what comes from another process is not, since that may
  // still use it.
  void possess();
  void disown() { path_.forget(); }

  // What it was made from: the address as configured, or the name of an inherited socket.
  void set_origin(std::string origin) { origin_ = std::move(origin); }
  const std::string& origin() const { return origin_; }

  // `http://127.0.0.1:5000/` with the real port, `https://…` with TLS, or `unix:/path`.
  std::string url() const;
  // Its clients speak TLS. Set before it is used; not for UNIX sockets.
  void use_tls() { tls_ = true; }
  bool is_tls() const { return tls_; }
  int port() const { return port_; }  // 0 for UNIX sockets
  // The numeric address, IPv6 in brackets; the path of a UNIX socket.
  const std::string& host() const { return host_; }
  // True when only this machine can reach it: loopback addresses and UNIX sockets.
  bool is_local() const { return local_; }

 private:
  // Owns: a file, removed by the destructor; or none.
  class OwnedPath {
   public:
    OwnedPath() = default;
    explicit OwnedPath(std::string path) : path_(std::move(path)) {}
    OwnedPath(OwnedPath&& other) noexcept { path_.swap(other.path_); }
    OwnedPath& operator=(OwnedPath&& other) noexcept {
      path_.swap(other.path_);
      return *this;
    }
    ~OwnedPath();

    void forget() { path_.clear(); }

   private:
    std::string path_;
  };

  void take(Fd socket, const SocketTuning& tuning, std::string_view where);
  void open_tcp(const ListenAddress& address, unsigned shards, const SocketTuning& tuning);
  void open_unix(const std::string& path, const SocketTuning& tuning);
  void learn_address();

  std::vector<Fd> sockets_;
  std::string passed_path_;  // for path_, once it is possessed
  OwnedPath path_;  // of a UNIX socket; declared after the sockets, so removed before they close
  std::string origin_;
  std::string host_;  // as printed in the URL; for UNIX sockets the path
  int port_ = 0;
  bool unix_ = false;
  bool local_ = false;
  bool tls_ = false;
};

}  // namespace fanlight
