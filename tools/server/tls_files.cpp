// SPDX-License-Identifier: Apache-2.0
#include "tools/server/tls_files.h"

#include <exception>

#include "core/log.h"
#include "tools/flags/exit_code.h"
#include "tools/options/password_file.h"

namespace fanlight {
namespace {

// One file may hold both.
const std::string& key_of(const Options& options) {
  return options.tls_key.empty() ? options.tls_cert : options.tls_key;
}

void warn_of_readers(const std::string& key) {
  if (!is_readable_by_all(key)) return;
  log_warning("--tls-key {}: every user of this machine can read this key; chmod o-r {}", key, key);
}

}  // namespace

std::unique_ptr<TlsCertificate> open_tls(const Options& options) {
  if (options.tls_cert.empty()) return nullptr;
  try {
    auto certificate =
        std::make_unique<TlsCertificate>(options.tls_cert, key_of(options), options.kernel_tls);
    warn_of_readers(key_of(options));
    return certificate;
  } catch (const std::runtime_error& error) {
    throw StartError(ExitCode::config, error.what());
  }
}

void reload_tls(TlsCertificate& certificate, const Options& options) noexcept {
  try {
    certificate.reload();
    log_info("reload: the certificate {} was read again", options.tls_cert);
    warn_of_readers(key_of(options));
  } catch (const std::exception& error) {
    log_error("reload: {}; the old certificate stays in force", error.what());
  }
}

}  // namespace fanlight
