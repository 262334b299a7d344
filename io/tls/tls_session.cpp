// SPDX-License-Identifier: Apache-2.0
#include "io/tls/tls_session.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

#include "core/check.h"
#include "io/tls/kernel_tls.h"

namespace fanlight {

// The BIO between OpenSSL and a session. Once others make the records, those of OpenSSL are
// dropped: they have the same keys and numbers. While a session seals itself, note_message() sends
// what is in them, as far as it matters; while the kernel does, it is lost.
struct TlsBio {
  static TlsSession& session(BIO* bio) { return *static_cast<TlsSession*>(BIO_get_data(bio)); }

  static int write(BIO* bio, const char* data, int size) {
    BIO_clear_retry_flags(bio);
    TlsSession& owner = session(bio);
    if (owner.sends_in_kernel_ || owner.seals_itself()) return size;
    const int added = owner.add_output(data, size);
    if (added <= 0) BIO_set_retry_write(bio);
    return added;
  }

  static int read(BIO* bio, char* data, int size) {
    BIO_clear_retry_flags(bio);
    const int taken = session(bio).take_input(data, size);
    if (taken == 0) BIO_set_retry_read(bio);
    return taken;
  }

  // See SSL_CTX_set_msg_callback(3).
  static void note_message(int is_written, int, int type, const void* message, size_t size, SSL*,
                           void* owner) {
    if (is_written == 0) return;
    const std::string_view bytes(static_cast<const char*>(message), size);
    static_cast<TlsSession*>(owner)->note_message(static_cast<RecordType>(type), bytes);
  }

  // What was written is sent by the owner.
  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  static int create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
  }

  static BIO_METHOD* make_method() {
    BIO_METHOD* const method =
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "fanlight's records");
    CHECK(method != nullptr && BIO_meth_set_write(method, &write) == 1 &&
          BIO_meth_set_read(method, &read) == 1 && BIO_meth_set_ctrl(method, &control) == 1 &&
          BIO_meth_set_create(method, &create) == 1);
    return method;
  }

  // Both directions; freed with the SSL. nullptr when there is no memory.
  static BIO* make(TlsSession& owner) {
    static BIO_METHOD* const method = make_method();
    BIO* const bio = BIO_new(method);
    if (bio != nullptr) BIO_set_data(bio, &owner);
    return bio;
  }
};

void TlsSession::Free::operator()(ssl_st* ssl) const noexcept {
  SSL_free(ssl);
}

TlsSession::~TlsSession() {
  ssl_.reset();
  if (!buffer_.empty()) return_buffer();
}

// ---- what is received ----

std::string_view TlsSession::input() const noexcept {
  return {input_.data() + input_begin_, input_end_ - input_begin_};
}

std::span<char> TlsSession::input_room() noexcept {
  if (input_begin_ > 0) {
    std::memmove(input_.data(), input_.data() + input_begin_, input_end_ - input_begin_);
    input_end_ -= input_begin_;
    input_begin_ = 0;
  }
  CHECK(input_end_ < kInputBytes);
  return std::span(input_).subspan(input_end_);
}

int TlsSession::take_input(char* data, int size) noexcept {
  const auto taken = std::min(static_cast<uint32_t>(size), input_end_ - input_begin_);
  std::memcpy(data, input_.data() + input_begin_, taken);
  input_begin_ += taken;
  return static_cast<int>(taken);
}

// ---- the handshake ----

bool TlsSession::begin(ssl_ctx_st* context, int kernel_fd) noexcept {
  CHECK(ssl_ == nullptr);
  kernel_fd_ = kernel_fd;
  ERR_clear_error();
  ssl_.reset(SSL_new(context));
  BIO* const bio = ssl_ == nullptr ? nullptr : TlsBio::make(*this);
  if (bio == nullptr) return false;
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_accept_state(ssl_.get());
  SSL_set_app_data(ssl_.get(), this);
  return true;
}

TlsSession::Step TlsSession::shake_hands() noexcept {
  CHECK(ssl_ != nullptr && !established_);
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    established_ = true;
    take_over_sending();
    return Step::done;
  }
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Step::wants_input;
    case SSL_ERROR_WANT_WRITE:
      return output().empty() ? Step::failed : Step::wants_room;
    default:
      failed_ = true;
      return Step::failed;
  }
}

// A line as in SSLKEYLOGFILE: label, client's random number, secret.
void TlsSession::note_secret(std::string_view line) noexcept {
  constexpr std::string_view kLabel = "SERVER_TRAFFIC_SECRET_0 ";
  if (!line.starts_with(kLabel)) return;
  const std::string_view text = line.substr(line.rfind(' ') + 1);
  if (text.size() > 2 * secret_.bytes.size()) return;
  const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    secret_.bytes[i / 2] = static_cast<unsigned char>(digit(text[i]) << 4 | digit(text[i + 1]));
  }
  secret_.size = static_cast<uint8_t>(text.size() / 2);
}

// The first record of these keys is yet to be sent: there are no tickets. And everything before it
// was taken by the socket, since the client has answered it. Without keys, as in TLS 1.2, OpenSSL
// seals.
void TlsSession::take_over_sending() noexcept {
  suite_ = static_cast<uint16_t>(SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(ssl_.get())));
  TrafficKeys keys;
  // A client that wants short records (RFC 6066 section 4) gets them of OpenSSL.
  const bool can = output().empty() && content_max() == kRecordBytesMax &&
                   derive_traffic_keys(suite_, secret_, keys);
  if (!can) return secret_.wipe();
  sends_in_kernel_ = kernel_fd_ >= 0 && start_kernel_tls(kernel_fd_, suite_, keys);
  if (sends_in_kernel_) return secret_.wipe();
  if (!sealer_.begin(suite_, keys)) return secret_.wipe();
  SSL_set_msg_callback(ssl_.get(), &TlsBio::note_message);
  SSL_set_msg_callback_arg(ssl_.get(), this);
}

// OpenSSL has sent it in a record that was dropped. An alert that finds no room is not sent.
void TlsSession::note_message(RecordType type, std::string_view message) noexcept {
  if (type == RecordType::alert) add_record(type, message);
}

// The longest content of a record that the client accepts.
size_t TlsSession::content_max() const noexcept {
  const unsigned limit = SSL_SESSION_get_max_fragment_length(SSL_get_session(ssl_.get()));
  return limit == 0 ? kRecordBytesMax : size_t{256} << limit;
}

// The client has changed its keys, and asks for the same: OpenSSL would do so with what it writes
// next (RFC 8446 section 4.6.3). Or there are too many records of these keys.
bool TlsSession::needs_new_keys() const noexcept {
  if (!seals_itself()) return false;
  return sealer_.records() >= records_max_ ||
         SSL_get_key_update_type(ssl_.get()) != SSL_KEY_UPDATE_NONE;
}

// The KeyUpdate is the last record of the old keys.
bool TlsSession::change_keys() noexcept {
  constexpr std::string_view kKeyUpdate{"\x18\0\0\x01\0", 5};  // update_not_requested
  size_t written = 0;
  ERR_clear_error();
  SSL_write_ex(ssl_.get(), "", 0, &written);  // so that OpenSSL has done so, too
  TrafficKeys keys;
  return SSL_get_key_update_type(ssl_.get()) == SSL_KEY_UPDATE_NONE &&
         add_record(RecordType::handshake, kKeyUpdate) && update_secret(suite_, secret_) &&
         derive_traffic_keys(suite_, secret_, keys) && sealer_.begin(suite_, keys);
}

// ---- after the handshake ----

int TlsSession::read(std::span<char> room) noexcept {
  CHECK(established_);
  size_t total = 0;
  while (total < room.size()) {
    size_t bytes = 0;
    ERR_clear_error();
    const int result = SSL_read_ex(ssl_.get(), room.data() + total, room.size() - total, &bytes);
    if (result == 1) {
      total += bytes;
      continue;
    }
    const int error = SSL_get_error(ssl_.get(), result);
    const bool is_empty = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
    if (!is_empty && error != SSL_ERROR_ZERO_RETURN) failed_ = true;
    if (total > 0) break;
    if (error == SSL_ERROR_ZERO_RETURN) return 0;
    return is_empty ? -EAGAIN : -EPROTO;
  }
  return static_cast<int>(total);
}

bool TlsSession::has_input() const noexcept {
  return input_begin_ < input_end_ || SSL_has_pending(ssl_.get()) == 1;
}

bool TlsSession::begin_sealing() noexcept {
  CHECK(established_ && !sends_in_kernel_ && !closed_ && output().empty());
  if (!failed_ && needs_new_keys()) failed_ = !change_keys();
  return !failed_;
}

bool TlsSession::seal(std::span<const iovec> slices) noexcept {
  if (!begin_sealing()) return false;
  for (const iovec& slice : slices) {
    std::string_view left(static_cast<const char*>(slice.iov_base), slice.iov_len);
    while (!left.empty()) {
      const std::string_view content = left.substr(0, content_max());
      if (output_room().size() < content.size() + kOverheadMax) return true;
      if (!seal_application_data(content)) {
        failed_ = true;
        return sealed_ > 0;
      }
      left.remove_prefix(content.size());
      sealed_ += static_cast<uint32_t>(content.size());
    }
  }
  return true;
}

bool TlsSession::seal_application_data(std::string_view content) noexcept {
  if (seals_itself()) return add_record(RecordType::application_data, content);
  size_t written = 0;
  ERR_clear_error();
  if (SSL_write_ex(ssl_.get(), content.data(), content.size(), &written) != 1) return false;
  CHECK(written == content.size());
  return true;
}

void TlsSession::close() noexcept {
  CHECK(established_ && !closed_);
  closed_ = true;
  if (sends_in_kernel_ || failed_) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
}

// ---- what is sent ----

std::string_view TlsSession::output() const noexcept {
  return {buffer_.data() + output_begin_, output_end_ - output_begin_};
}

// Where the next record may be put.
std::span<char> TlsSession::output_room() noexcept {
  if (buffer_.empty()) buffer_ = outputs_.lend();
  return buffer_.subspan(output_end_);
}

// OpenSSL's. All of it, or nothing: a part of a record would have to be kept by OpenSSL.
int TlsSession::add_output(const char* data, int size) noexcept {
  const auto bytes = static_cast<uint32_t>(size);
  const std::span<char> room = output_room();
  if (room.size() < bytes) return -1;
  std::memcpy(room.data(), data, bytes);
  output_end_ += bytes;
  return size;
}

bool TlsSession::add_record(RecordType type, std::string_view content) noexcept {
  const size_t size = content.size() + RecordSealer::kOverhead;
  const std::span<char> room = output_room();
  if (room.size() < size || !sealer_.seal(type, content, room.data())) return false;
  output_end_ += static_cast<uint32_t>(size);
  return true;
}

void TlsSession::return_buffer() noexcept {
  outputs_.take_back(std::exchange(buffer_, {}));
  output_begin_ = output_end_ = 0;
}

// Once nothing is left, the buffer is free for others.
size_t TlsSession::sent(size_t bytes) noexcept {
  CHECK(bytes <= output_end_ - output_begin_);
  output_begin_ += static_cast<uint32_t>(bytes);
  if (output_begin_ < output_end_) return 0;
  if (!buffer_.empty()) return_buffer();
  return std::exchange(sealed_, 0);
}

}  // namespace fanlight
