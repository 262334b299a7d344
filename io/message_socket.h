// SPDX-License-Identifier: Apache-2.0
// MessageSocket: messages with descriptors between two processes of this machine, over a UNIX
// socket of type SOCK_SEQPACKET (unix(7)).
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/fd.h"
#include "core/time.h"

namespace fanlight {

// Owns: the connected socket.
// Thread: its owner's, which waits; not a shard's.
class MessageSocket {
 public:
  // The most descriptors of one message (SCM_MAX_FD, unix(7)).
  static constexpr size_t kDescriptorsMax = 253;

  struct Received {
    std::string bytes;
    std::vector<Fd> descriptors;
  };

  MessageSocket() = default;
  explicit MessageSocket(Fd connected) : socket_(std::move(connected)) {}

  // Connects to what listens at `path`; false, with errno set, if nothing does.
  bool connect_to(const std::string& path);

  explicit operator bool() const { return static_cast<bool>(socket_); }
  int fd() const { return socket_.get(); }
  void close() { socket_.reset(); }

  // False, with errno set, when the peer has closed, or takes nothing for `limit` (ETIMEDOUT).
  bool send(std::string_view bytes, std::span<const int> descriptors, Duration limit);

  // The next message, not empty, of at most `bytes_max` bytes; empty, with errno set, when the peer
  // has closed (ECONNRESET), when its message is longer or lacks a descriptor (EMSGSIZE), or when
  // nothing comes for `limit` (ETIMEDOUT).
  std::optional<Received> receive(size_t bytes_max, Duration limit);

  // Whether the peer runs as this user: as it was when it connected, or began to listen.
  bool is_peer(uid_t user) const;

 private:
  bool wait_for(short events, Duration limit) const;

  Fd socket_;
};

// Owns: a listening socket of that type, and its path, removed by the destructor.
// Thread: main's.
class MessageListener {
 public:
  MessageListener() = default;
  // Only this user may connect. A socket that nobody listens on any more is replaced. Throws
  // std::system_error: EADDRINUSE when somebody does.
  explicit MessageListener(const std::string& path);
  // Another process's, which still owns the path.
  MessageListener(Fd listening, std::string path)
      : socket_(std::move(listening)), path_(std::move(path)) {}
  MessageListener(MessageListener&& other) noexcept
      : socket_(std::move(other.socket_)),
        path_(std::move(other.path_)),
        owns_path_(std::exchange(other.owns_path_, false)) {}
  MessageListener& operator=(MessageListener&&) = delete;
  ~MessageListener();

  explicit operator bool() const { return static_cast<bool>(socket_); }
  int fd() const { return socket_.get(); }
  const std::string& path() const { return path_; }

  // A client that has connected, if there is one.
  std::optional<MessageSocket> accept();

  // The path is this process's from now on, or another's.
  void possess() { owns_path_ = true; }
  void disown() { owns_path_ = false; }

 private:
  Fd socket_;
  std::string path_;
  bool owns_path_ = false;
};

}  // namespace fanlight
