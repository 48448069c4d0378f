#include "fetch/allow_list.hpp"

#include <algorithm>

namespace certbound::fetch {

Result<AllowList> AllowList::parse(const std::vector<std::string>& entries) {
  AllowList list;
  for (const std::string& text : entries) {
    // The URL's parser knows where a host ends and what a port is.
    const auto url = parse_url("https://" + text);
    if (!url || url->target != "/" || text.ends_with('/')) {
      return invalid_input("\"" + text + "\" is not a host; write for example jwks.example.com, 10.0.0.5:8443 or " +
                           "[fd00::5]:8443");
    }
    const std::size_t bracket = text.find(']');
    const bool has_port = text.find(':', bracket == std::string::npos ? 0 : bracket) != std::string::npos;
    list.entries_.push_back({url->host, has_port ? url->port : std::uint16_t{0}});
  }
  return list;
}

bool AllowList::allows(const Url& url) const {
  return std::any_of(entries_.begin(), entries_.end(), [&url](const Entry& entry) {
    return entry.host == url.host && (entry.port == 0 || entry.port == url.port);
  });
}

}  // namespace certbound::fetch
