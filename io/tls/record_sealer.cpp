// SPDX-License-Identifier: Apache-2.0
#include "io/tls/record_sealer.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "core/check.h"

namespace fanlight {
namespace {

constexpr size_t kHeaderBytes = 5;
constexpr size_t kTagBytes = 16;
static_assert(RecordSealer::kOverhead == kHeaderBytes + 1 + kTagBytes);

const EVP_CIPHER* cipher_of(uint16_t suite) noexcept {
  switch (suite) {
    case kAes128GcmSha256:
      return EVP_aes_128_gcm();
    case kAes256GcmSha384:
      return EVP_aes_256_gcm();
    case kChaCha20Poly1305Sha256:
      return EVP_chacha20_poly1305();
    default:
      return nullptr;
  }
}

const unsigned char* bytes_of(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

void RecordSealer::Free::operator()(evp_cipher_ctx_st* context) const noexcept {
  EVP_CIPHER_CTX_free(context);
}

bool RecordSealer::begin(uint16_t suite, const TrafficKeys& keys) noexcept {
  const EVP_CIPHER* const cipher = cipher_of(suite);
  context_.reset(cipher == nullptr ? nullptr : EVP_CIPHER_CTX_new());
  if (context_ == nullptr) return false;
  iv_ = keys.iv;
  sequence_ = 0;
  if (EVP_EncryptInit_ex(context_.get(), cipher, nullptr, keys.key.data(), nullptr) == 1) {
    return true;
  }
  context_.reset();
  return false;
}

// The number of the record, exclusive-ored into the end of the IV (RFC 8446 section 5.3).
std::array<unsigned char, 12> RecordSealer::next_nonce() noexcept {
  CHECK(sequence_ < UINT64_MAX);
  std::array<unsigned char, 12> nonce = iv_;
  for (size_t i = 0; i < sizeof sequence_; ++i) {
    nonce[nonce.size() - 1 - i] ^= static_cast<unsigned char>(sequence_ >> (8 * i));
  }
  ++sequence_;
  return nonce;
}

// The true type is encrypted, behind the content (RFC 8446 section 5.2).
bool RecordSealer::seal(RecordType type, std::string_view content, char* out) noexcept {
  CHECK(has_begun() && content.size() <= kContentMax);
  const size_t sealed = content.size() + 1 + kTagBytes;
  auto* const record = reinterpret_cast<unsigned char*>(out);
  record[0] = static_cast<unsigned char>(RecordType::application_data);
  record[1] = 3;
  record[2] = 3;
  record[3] = static_cast<unsigned char>(sealed >> 8);
  record[4] = static_cast<unsigned char>(sealed);
  unsigned char* const body = record + kHeaderBytes;
  unsigned char* const last = body + content.size();
  const auto inner_type = static_cast<unsigned char>(type);
  const auto nonce = next_nonce();
  EVP_CIPHER_CTX* const context = context_.get();
  int size = 0;
  return EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, nonce.data()) == 1 &&
         EVP_EncryptUpdate(context, nullptr, &size, record, kHeaderBytes) == 1 &&
         EVP_EncryptUpdate(context, body, &size, bytes_of(content),
                           static_cast<int>(content.size())) == 1 &&
         EVP_EncryptUpdate(context, last, &size, &inner_type, 1) == 1 &&
         EVP_EncryptFinal_ex(context, last + 1, &size) == 1 &&
         EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kTagBytes, last + 1) == 1;
}

}  // namespace fanlight
