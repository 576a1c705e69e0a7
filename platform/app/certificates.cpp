#include "platform/app/certificates.hpp"

#include <utility>

namespace troupe::app {

namespace {

constexpr std::chrono::hours ends_soon{14 * 24};

std::chrono::seconds left(const net::tls_context& context, std::size_t certificate) {
  return std::chrono::duration_cast<std::chrono::seconds>(context.ends()[certificate] - std::chrono::system_clock::now());
}

base::result<void> check_settings(const options& o) {
  if (o.tls.certificates.empty()) {
    const char* useless = o.admin_tls ? "tls.admin" : o.tls.client_certificates != net::tls_options::clients::off ? "tls.client_certificates" : nullptr;
    if (useless) return base::fail(base::errc::invalid_argument, std::string(useless) + " needs tls.certificates, which is empty");
  }
  if (!o.tls.client_ca.empty() && o.tls.client_certificates == net::tls_options::clients::off)
    return base::fail(base::errc::invalid_argument, "tls.client_ca has no effect while tls.client_certificates is off; set it to optional or required");
  return {};
}

} // namespace

base::result<void> check_certificates(const options& o) {
  if (auto good = check_settings(o); !good) return good;
  if (o.tls.certificates.empty()) return {};
  auto opened = net::tls_source::open(o.tls);
  if (!opened) return opened.error();
  return {};
}

certificates::certificates(std::unique_ptr<net::tls_source> source, metrics::registry& registry)
    : source_(std::move(source)),
      replaced_(registry.counter("troupe_tls_reloads_total", "Reloads of the certificates by outcome.", {{"outcome", "replaced"}})),
      kept_(registry.counter("troupe_tls_reloads_total", "Reloads of the certificates by outcome.", {{"outcome", "kept_old"}})) {
  const auto& pairs = source_->options().certificates;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    registry.observe("troupe_tls_certificate_seconds_left", "Time until a certificate in use ends; negative when it has.",
                     {{"file", pairs[i].certificate.string()}},
                     [this, i] { return static_cast<double>(left(*source_->current(), i).count()); });
  }
}

base::result<std::unique_ptr<certificates>> certificates::open(const options& o, metrics::registry& registry) {
  if (auto good = check_settings(o); !good) return good.error();
  if (o.tls.certificates.empty()) return std::unique_ptr<certificates>();
  auto opened = net::tls_source::open(o.tls);
  if (!opened) return opened.error();
  std::unique_ptr<certificates> made(new certificates(std::move(*opened), registry));
  made->warn();
  return made;
}

void certificates::warn() const {
  const auto context = source_->current();
  for (const auto& file : context->exposed_keys())
    base::log::warn("tls_key_exposed", {{"file", file.string()}, {"advice", "everybody on this machine can read the key: chmod o-r"}});
  const auto& pairs = source_->options().certificates;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (const auto time = left(*context, i); time < ends_soon)
      base::log::warn("tls_certificate_ends", {{"file", pairs[i].certificate.string()}, {"seconds_left", time.count()}, {"advice", "renew it; a new file is taken at once"}});
  }
}

void certificates::reload() {
  unread_.clear();
  load();
}

void certificates::reload_if_needed() {
  if (source_->needs_reload()) load();
}

void certificates::load() {
  if (auto loaded = source_->reload(); !loaded) {
    const auto& [code, reason] = loaded.error();
    if (code == base::errc::invalid_argument) {
      unread_.clear();
    } else if (std::exchange(unread_, reason) == reason) {
      return;
    }
    kept_.add();
    base::log::error("tls_reload_failed", {{"reason", reason}, {"advice", "the old certificates stay in use; put this right, and the new are taken within seconds"}});
    return;
  }
  unread_.clear();
  replaced_.add();
  base::log::info("tls_reloaded", {{"certificates", source_->options().certificates.size()}});
  warn();
}

} // namespace troupe::app
