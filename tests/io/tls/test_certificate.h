// SPDX-License-Identifier: Apache-2.0
// TestCertificate: a certificate that signs itself, and its key, in files of their own.
#pragma once

#include <string>

namespace fanlight {

// Owns: a folder with the two files, which the destructor removes. Thread: one.
class TestCertificate {
 public:
  // On the curve P-256; `name` is the subject's common name.
  explicit TestCertificate(const std::string& name = "localhost");
  TestCertificate(const TestCertificate&) = delete;
  TestCertificate& operator=(const TestCertificate&) = delete;
  ~TestCertificate();

  // Writes another pair into the same files.
  void renew(const std::string& name);

  const std::string& certificate() const { return certificate_; }
  const std::string& key() const { return key_; }

 private:
  std::string folder_;
  std::string certificate_;
  std::string key_;
};

}  // namespace fanlight
