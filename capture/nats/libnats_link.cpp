// SPDX-License-Identifier: Apache-2.0
// The plugin: a NatsLink by libnats (3.4 and later), which is used as a parser and a writer of
// NATS's protocol: it has no thread for a connection here, and the camera's thread, or the
// publisher's, waits for the socket.
#include <fmt/core.h>
#include <nats/nats.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>

#include "capture/nats/announcement.h"
#include "capture/nats/frame_header.h"
#include "capture/nats/nats_link.h"
#include "capture/nats/nats_plugin.h"

namespace fanlight {
namespace {

// What libnats reads, and sends, with one system call.
constexpr int kBufferBytes = 256 << 10;
// What may wait in the kernel: a frame that is behind another one there is not the newest.
constexpr int kUnsentBytesMax = 64 << 10;
// A server that acknowledges nothing for this long is gone. libnats's pings are off: their timer
// has a thread that would use the connection beside ours.
constexpr int kAcknowledgeMax_ms = 10'000;
constexpr int kProbeAfter_s = 5;
// Longer headers are not ours.
constexpr size_t kFieldBytesMax = 1024;

int error_of(natsStatus status) {
  switch (status) {
    case NATS_CONNECTION_AUTH_FAILED:
    case NATS_NOT_PERMITTED:
      return EACCES;
    case NATS_NO_SERVER:
      return ECONNREFUSED;
    case NATS_TIMEOUT:
      return ETIMEDOUT;
    case NATS_SSL_ERROR:
    case NATS_SECURE_CONNECTION_WANTED:
    case NATS_SECURE_CONNECTION_REQUIRED:
      return EKEYREJECTED;
    case NATS_IO_ERROR:
    case NATS_CONNECTION_CLOSED:
    case NATS_CONNECTION_DISCONNECTED:
    case NATS_STALE_CONNECTION:
    case NATS_SLOW_CONSUMER:
      return ECONNRESET;
    case NATS_NO_MEMORY:
      return ENOMEM;
    case NATS_MAX_PAYLOAD:
      return EMSGSIZE;
    default:
      return EPROTO;
  }
}

// libnats's texts contain no passwords: they are not in the URL that it has.
[[noreturn]] void fail(natsStatus status, std::string_view words) {
  throw std::system_error(error_of(status), std::system_category(), fmt::format("NATS: {}", words));
}

void require(natsStatus status) {
  if (status == NATS_OK) return;
  const char* words = nats_GetLastError(nullptr);
  fail(status, words != nullptr && *words != 0 ? words : natsStatus_GetText(status));
}

template <auto kDestroy>
struct Destroy {
  template <class T>
  void operator()(T* object) const {
    kDestroy(object);
  }
};
using OwnedOptions = std::unique_ptr<natsOptions, Destroy<natsOptions_Destroy>>;
using OwnedConnection = std::unique_ptr<natsConnection, Destroy<natsConnection_Destroy>>;
using OwnedSubscription = std::unique_ptr<natsSubscription, Destroy<natsSubscription_Destroy>>;
using OwnedMessage = std::unique_ptr<natsMsg, Destroy<natsMsg_Destroy>>;

// Owns: what libnats calls an event loop; here only the socket's number. Whether bytes wait is
// asked instead: libnats does not say so for those of a subscription.
struct Socket {
  int fd = -1;
};

natsStatus attach(void** user_data, void* loop, natsConnection*, natsSock fd) {
  static_cast<Socket*>(loop)->fd = fd;
  *user_data = loop;
  return NATS_OK;
}
natsStatus ignore(void*, bool) {
  return NATS_OK;
}
natsStatus detach(void* user_data) {
  static_cast<Socket*>(user_data)->fd = -1;
  return NATS_OK;
}

void set_login(natsOptions* options, const NatsLogin& login) {
  const NatsAddress& address = login.address;
  const bool is_ipv6 = address.host.find(':') != std::string::npos;
  const std::string host = is_ipv6 ? fmt::format("[{}]", address.host) : address.host;
  const std::string url =
      fmt::format("{}://{}:{}", address.is_tls ? "tls" : "nats", host, address.port);
  require(natsOptions_SetURL(options, url.c_str()));
  if (!address.user.empty()) {
    require(natsOptions_SetUserInfo(options, address.user.c_str(), address.password.c_str()));
  }
  if (!address.token.empty()) require(natsOptions_SetToken(options, address.token.c_str()));
  if (!login.credentials.empty()) {
    require(natsOptions_SetUserCredentialsFromFiles(options, login.credentials.c_str(), nullptr));
  }
  // Also of nats://, where the server may require TLS.
  require(natsOptions_SetExpectedHostname(options, address.host.c_str()));
  if (!login.ca.empty()) {
    require(natsOptions_LoadCATrustedCertificates(options, login.ca.c_str()));
  }
  if (login.insecure) require(natsOptions_SkipServerVerification(options, true));
  if (address.is_tls) require(natsOptions_SetSecure(options, true));
}

// Owns: the connection. See NatsLink.
class LibnatsLink final : public NatsLink {
 public:
  explicit LibnatsLink(const NatsLogin& login);

  int fd() const override { return socket_.fd; }
  bool is_sending() const override { return natsConnection_Buffered(connection()) > 0; }
  size_t payload_max() const override {
    return static_cast<size_t>(std::max<int64_t>(natsConnection_GetMaxPayload(connection()), 0));
  }
  bool may_announce() const override { return may_announce_; }
  void step(short events) override;
  void publish(const std::string& subject, const NatsMessage& message) override;
  void subscribe(const std::string& subject, uint64_t limit) override;
  void extend(uint64_t limit) override;
  std::optional<NatsMessage> next() override;

 private:
  natsConnection* connection() const { return connection_.get(); }
  void check();
  void limit_to(uint64_t limit);
  void read_fields(NatsFields& fields) const;

  Socket socket_;
  OwnedConnection connection_;
  OwnedSubscription subscription_;
  OwnedMessage message_;  // the one that next() has returned
  bool may_announce_ = true;
};

LibnatsLink::LibnatsLink(const NatsLogin& login) {
  natsOptions* created = nullptr;
  require(natsOptions_Create(&created));
  const OwnedOptions options(created);
  set_login(created, login);
  const auto timeout_ms = std::max<int64_t>(login.timeout / 1ms, 1);
  require(natsOptions_SetTimeout(created, timeout_ms));
  require(natsOptions_SetName(created, "fanlight"));
  require(natsOptions_SetAllowReconnect(created, false));
  require(natsOptions_SetPingInterval(created, 0));
  require(natsOptions_SetIgnoreDiscoveredServers(created, true));
  require(natsOptions_SetNoEcho(created, true));
  require(natsOptions_SetIOBufSize(created, kBufferBytes));
  require(natsOptions_SetEventLoop(created, &socket_, attach, ignore, ignore, detach));
  natsConnection* connected = nullptr;
  require(natsConnection_Connect(&connected, created));
  connection_.reset(connected);
  if (natsConnection_HasHeaderSupport(connected) != NATS_OK) {
    fail(NATS_NO_SERVER_SUPPORT, "the server is too old for headers");
  }
  const int on = 1;
  ::setsockopt(socket_.fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  ::setsockopt(socket_.fd, IPPROTO_TCP, TCP_KEEPIDLE, &kProbeAfter_s, sizeof kProbeAfter_s);
  ::setsockopt(socket_.fd, IPPROTO_TCP, TCP_KEEPINTVL, &kProbeAfter_s, sizeof kProbeAfter_s);
  ::setsockopt(socket_.fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &kAcknowledgeMax_ms,
               sizeof kAcknowledgeMax_ms);
  ::setsockopt(socket_.fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsentBytesMax,
               sizeof kUnsentBytesMax);
}

void LibnatsLink::step(short events) {
  if ((events & POLLOUT) != 0) natsConnection_ProcessWriteEvent(connection());
  if ((events & ~POLLOUT) != 0) natsConnection_ProcessReadEvent(connection());
  check();
}

// The server names the subject in quotes.
bool is_of_announcement(std::string_view violation) {
  const size_t quote = std::min(violation.find('"'), violation.size());
  return violation.substr(0, quote).ends_with("Publish to ") &&
         violation.substr(std::min(quote + 1, violation.size())).starts_with(kAnnouncementPrefix);
}

// A violation of permissions is reported by the server, without an end of the connection.
void LibnatsLink::check() {
  const char* words = nullptr;
  const natsStatus status = natsConnection_GetLastError(connection(), &words);
  const bool has_words = words != nullptr && *words != 0;
  const std::string_view text = has_words ? words : natsStatus_GetText(status);
  if (status == NATS_NOT_PERMITTED) {
    if (!is_of_announcement(text)) fail(status, text);
    may_announce_ = false;
  }
  if (natsConnection_Status(connection()) == NATS_CONN_STATUS_CONNECTED) return;
  // The last error may still be that of an announcement.
  if (status == NATS_OK || status == NATS_NOT_PERMITTED)
    fail(NATS_CONNECTION_CLOSED, "the server closed the connection");
  fail(status == NATS_ERR ? NATS_CONNECTION_CLOSED : status, text);
}

void LibnatsLink::publish(const std::string& subject, const NatsMessage& message) {
  natsMsg* created = nullptr;
  require(natsMsg_Create(&created, subject.c_str(), nullptr,
                         reinterpret_cast<const char*>(message.payload.data()),
                         static_cast<int>(message.payload.size())));
  const OwnedMessage owned(created);
  for (const auto& [name, value] : message.fields) {
    require(natsMsgHeader_Set(created, name.c_str(), value.c_str()));
  }
  require(natsConnection_PublishMsg(connection(), created));
}

void LibnatsLink::subscribe(const std::string& subject, uint64_t limit) {
  message_.reset();
  subscription_.reset();  // its destructor unsubscribes
  natsSubscription* created = nullptr;
  require(natsConnection_SubscribeSync(&created, connection(), subject.c_str()));
  subscription_.reset(created);
  // The server's limit is ours: next() is called after each step().
  require(natsSubscription_SetPendingLimits(created, -1, -1));
  if (limit != kNoLimit) limit_to(limit);
}

void LibnatsLink::extend(uint64_t limit) {
  limit_to(limit);
}

// A subscription that has had its last message is gone for libnats, too.
void LibnatsLink::limit_to(uint64_t limit) {
  const natsStatus status =
      natsSubscription_AutoUnsubscribe(subscription_.get(), static_cast<int>(limit));
  if (status != NATS_INVALID_SUBSCRIPTION) require(status);
}

std::optional<NatsMessage> LibnatsLink::next() {
  message_.reset();
  if (!subscription_) return std::nullopt;
  natsMsg* received = nullptr;
  if (natsSubscription_NextMsg(&received, subscription_.get(), 0) != NATS_OK) return std::nullopt;
  message_.reset(received);
  NatsMessage message;
  read_fields(message.fields);
  message.payload = {reinterpret_cast<const std::byte*>(natsMsg_GetData(received)),
                     static_cast<size_t>(natsMsg_GetDataLength(received))};
  message.subject = natsMsg_GetSubject(received);
  return message;
}

// Headers that libnats cannot parse are none.
void LibnatsLink::read_fields(NatsFields& fields) const {
  for (const char* name : kFrameFields) {
    const char* value = nullptr;
    if (natsMsgHeader_Get(message_.get(), name, &value) != NATS_OK || value == nullptr) continue;
    if (const std::string_view text = value; text.size() <= kFieldBytesMax) {
      fields.emplace_back(name, text);
    }
  }
}

std::unique_ptr<NatsLink> connect(const NatsLogin& login) {
  return std::make_unique<LibnatsLink>(login);
}

}  // namespace
}  // namespace fanlight

extern "C" const void* fanlight_nats_plugin() {
  static const fanlight::NatsPlugin plugin{FANLIGHT_VERSION, fanlight::connect};
  return &plugin;
}
