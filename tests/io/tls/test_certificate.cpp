// SPDX-License-Identifier: Apache-2.0
#include "tests/io/tls/test_certificate.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include <cstdio>
#include <filesystem>

#include "core/check.h"

namespace fanlight {
namespace {

constexpr long kSecondsPerDay = 24 * 60 * 60;

template <class Write>
void write_file(const std::string& path, Write write) {
  std::FILE* const file = std::fopen(path.c_str(), "we");
  CHECK(file != nullptr);
  CHECK(write(file) == 1);
  CHECK(std::fclose(file) == 0);
}

}  // namespace

TestCertificate::TestCertificate(const std::string& name) {
  folder_ = (std::filesystem::temp_directory_path() / "fanlight-certificate-XXXXXX").string();
  CHECK(::mkdtemp(folder_.data()) != nullptr);
  certificate_ = folder_ + "/certificate.pem";
  key_ = folder_ + "/key.pem";
  renew(name);
}

TestCertificate::~TestCertificate() {
  std::filesystem::remove_all(folder_);
}

void TestCertificate::renew(const std::string& name) {
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  X509* const certificate = X509_new();
  CHECK(key != nullptr && certificate != nullptr);
  CHECK(X509_set_version(certificate, X509_VERSION_3) == 1);
  CHECK(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1);
  CHECK(X509_gmtime_adj(X509_getm_notBefore(certificate), -kSecondsPerDay) != nullptr);
  CHECK(X509_gmtime_adj(X509_getm_notAfter(certificate), kSecondsPerDay) != nullptr);
  CHECK(X509_set_pubkey(certificate, key) == 1);
  X509_NAME* const subject = X509_get_subject_name(certificate);
  const auto* text = reinterpret_cast<const unsigned char*>(name.c_str());
  CHECK(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, text, -1, -1, 0) == 1);
  CHECK(X509_set_issuer_name(certificate, subject) == 1);
  CHECK(X509_sign(certificate, key, EVP_sha256()) > 0);
  write_file(certificate_, [&](std::FILE* file) { return PEM_write_X509(file, certificate); });
  write_file(key_, [&](std::FILE* file) {
    return PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
  X509_free(certificate);
  EVP_PKEY_free(key);
}

}  // namespace fanlight
