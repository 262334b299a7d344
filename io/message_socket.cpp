// SPDX-License-Identifier: Apache-2.0
#include "io/message_socket.h"

#include <fmt/core.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "core/check.h"

namespace fanlight {
namespace {

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  CHECK(!path.empty() && path.size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

Fd new_socket() {
  return Fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

// connect(2) refuses any other file in the same way.
bool is_socket(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

// Room for the control message with the most descriptors.
struct ControlRoom {
  alignas(cmsghdr) char bytes[CMSG_SPACE(MessageSocket::kDescriptorsMax * sizeof(int))];
};

std::vector<Fd> descriptors_of(msghdr& message) {
  std::vector<Fd> descriptors;
  for (cmsghdr* each = CMSG_FIRSTHDR(&message); each != nullptr;
       each = CMSG_NXTHDR(&message, each)) {
    if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (each->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(each) + i * sizeof fd, sizeof fd);
      descriptors.emplace_back(fd);
    }
  }
  return descriptors;
}

}  // namespace

bool MessageSocket::connect_to(const std::string& path) {
  socket_ = new_socket();
  const sockaddr_un address = address_of(path);
  if (socket_ &&
      ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    return true;
  }
  const int error = errno;
  socket_.reset();
  errno = error;
  return false;
}

bool MessageSocket::send(std::string_view bytes, std::span<const int> descriptors, Duration limit) {
  CHECK(socket_ && !bytes.empty() && descriptors.size() <= kDescriptorsMax);
  iovec slice{const_cast<char*>(bytes.data()), bytes.size()};
  ControlRoom control{};
  msghdr message{};
  message.msg_iov = &slice;
  message.msg_iovlen = 1;
  if (!descriptors.empty()) {
    message.msg_control = control.bytes;
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
  }
  while (::sendmsg(socket_.get(), &message, MSG_NOSIGNAL) < 0) {
    if (errno == EINTR) continue;
    if (errno != EAGAIN || !wait_for(POLLOUT, limit)) return false;
  }
  return true;
}

std::optional<MessageSocket::Received> MessageSocket::receive(size_t bytes_max, Duration limit) {
  CHECK(socket_);
  Received received;
  received.bytes.resize(bytes_max);
  iovec slice{received.bytes.data(), received.bytes.size()};
  ControlRoom control{};
  msghdr message{};
  ssize_t size = -1;
  do {
    message = {};
    message.msg_iov = &slice;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
    size = ::recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC);
    if (size < 0 && errno == EAGAIN && !wait_for(POLLIN, limit)) return std::nullopt;
  } while (size < 0 && (errno == EINTR || errno == EAGAIN));
  if (size < 0) return std::nullopt;
  received.descriptors = descriptors_of(message);
  errno = size == 0 ? ECONNRESET : EMSGSIZE;
  if (size == 0 || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) return std::nullopt;
  received.bytes.resize(static_cast<size_t>(size));
  return received;
}

bool MessageSocket::is_peer(uid_t user) const {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  return ::getsockopt(socket_.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0 &&
         credentials.uid == user;
}

bool MessageSocket::wait_for(short events, Duration limit) const {
  pollfd wait{socket_.get(), events, 0};
  const auto milliseconds = static_cast<int>(std::max<Duration>(limit, Duration::zero()) / 1ms);
  int ready = 0;
  do {
    ready = ::poll(&wait, 1, milliseconds);
  } while (ready < 0 && errno == EINTR);
  if (ready == 0) errno = ETIMEDOUT;
  return ready > 0;
}

MessageListener::MessageListener(const std::string& path) : socket_(new_socket()) {
  const auto fail = [&] {
    throw std::system_error(errno, std::system_category(),
                            fmt::format("cannot listen on {}", path));
  };
  if (!socket_) fail();
  const sockaddr_un address = address_of(path);
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (::bind(socket_.get(), generic, sizeof address) != 0) {
    const int error = errno;
    const bool is_stale = error == EADDRINUSE && is_socket(path) &&
                          !MessageSocket().connect_to(path) && errno == ECONNREFUSED;
    if (!is_stale) errno = error;
    if (!is_stale || ::unlink(path.c_str()) != 0) fail();
    if (::bind(socket_.get(), generic, sizeof address) != 0) fail();
  }
  path_ = path;
  owns_path_ = true;
  // Before listen(): nobody can have connected yet.
  if (::chmod(path.c_str(), 0600) != 0 || ::listen(socket_.get(), 4) != 0) fail();
}

MessageListener::~MessageListener() {
  if (owns_path_) ::unlink(path_.c_str());
}

std::optional<MessageSocket> MessageListener::accept() {
  Fd client(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!client) return std::nullopt;
  return MessageSocket(std::move(client));
}

}  // namespace fanlight
