#include "fetch/options.hpp"

#include <utility>

#include "fetch/tls_client.hpp"

namespace certbound::fetch {

Settings::Settings(Options options, AllowList allow, std::shared_ptr<ssl_ctx_st> tls)
    : options_{std::move(options)}, allow_{std::move(allow)}, tls_{std::move(tls)} {}

Result<ssl_ctx_st*> Settings::tls() const {
  const std::lock_guard lock{tls_mutex_};
  if (!tls_) {
    auto made = make_tls_client_context(options_.ca_file);
    if (!made) return std::move(made).error();
    tls_ = *std::move(made);
  }
  return tls_.get();
}

Result<std::shared_ptr<const Settings>> make_settings(Options options) {
  auto allow = AllowList::parse(options.allow);
  if (!allow) return std::move(allow).error();
  std::shared_ptr<ssl_ctx_st> tls;
  if (!options.ca_file.empty()) {
    auto made = make_tls_client_context(options.ca_file);
    if (!made) return std::move(made).error();
    tls = *std::move(made);
  }
  return std::shared_ptr<const Settings>{
      std::make_shared<Settings>(std::move(options), *std::move(allow), std::move(tls))};
}

}  // namespace certbound::fetch
