#pragma once

#include <string_view>

#include <boost/asio/ip/address.hpp>

namespace certbound::fetch {

/// Which special-purpose block an address is in, or an empty view where it is an ordinary public unicast address.
///
/// The blocks are those of the IANA special-purpose registries (RFC 6890 and what was added since), multicast, and for
/// IPv6 all that is outside 2000::/3, the space that is assigned for public unicast. Of the translating prefixes
/// 64:ff9b::/96 (NAT64, RFC 6052) is judged by the IPv4 address in it; IPv4-mapped, 6to4 and Teredo addresses are
/// refused whatever they hold, as nothing public is served there.
[[nodiscard]] std::string_view special_use(const boost::asio::ip::address& address);

}  // namespace certbound::fetch
