#include "fetch/address.hpp"

#include <array>
#include <cstdint>
#include <span>

namespace certbound::fetch {

namespace {

struct BlockV4 {
  std::array<std::uint8_t, 4> prefix;
  unsigned bits;
  std::string_view name;
};

// IANA IPv4 Special-Purpose Address Registry, and multicast (RFC 5771).
constexpr BlockV4 kBlocksV4[] = {
    {{0, 0, 0, 0}, 8, "this network"},
    {{10, 0, 0, 0}, 8, "private"},
    {{100, 64, 0, 0}, 10, "shared (carrier-grade NAT)"},
    {{127, 0, 0, 0}, 8, "loopback"},
    {{169, 254, 0, 0}, 16, "link-local"},
    {{172, 16, 0, 0}, 12, "private"},
    {{192, 0, 0, 0}, 24, "IETF protocol assignments"},
    {{192, 0, 2, 0}, 24, "documentation"},
    {{192, 31, 196, 0}, 24, "AS112"},
    {{192, 52, 193, 0}, 24, "AMT"},
    {{192, 88, 99, 0}, 24, "6to4 relay"},
    {{192, 168, 0, 0}, 16, "private"},
    {{192, 175, 48, 0}, 24, "AS112"},
    {{198, 18, 0, 0}, 15, "benchmarking"},
    {{198, 51, 100, 0}, 24, "documentation"},
    {{203, 0, 113, 0}, 24, "documentation"},
    {{224, 0, 0, 0}, 4, "multicast"},
    {{240, 0, 0, 0}, 4, "reserved"},
};

struct BlockV6 {
  std::array<std::uint8_t, 16> prefix;
  unsigned bits;
  std::string_view name;
};

// IANA IPv6 Special-Purpose Address Registry, deprecated and multicast blocks. The first that matches counts.
constexpr BlockV6 kBlocksV6[] = {
    {{}, 128, "unspecified"},
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, "loopback"},
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, "IPv4-mapped"},
    {{}, 96, "IPv4-compatible"},
    {{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48, "local NAT64"},
    {{0x01, 0x00}, 64, "discard"},
    {{0x20, 0x01}, 32, "Teredo"},
    {{0x20, 0x01}, 23, "IETF protocol assignments"},
    {{0x20, 0x01, 0x0d, 0xb8}, 32, "documentation"},
    {{0x20, 0x02}, 16, "6to4"},
    {{0x26, 0x20, 0x00, 0x4f, 0x80, 0x00}, 48, "AS112"},
    {{0x3f, 0xff}, 20, "documentation"},
    {{0x5f, 0x00}, 16, "segment routing"},
    {{0xfc, 0x00}, 7, "unique local"},
    {{0xfe, 0x80}, 10, "link-local"},
    {{0xfe, 0xc0}, 10, "site-local"},
    {{0xff, 0x00}, 8, "multicast"},
};

constexpr std::array<std::uint8_t, 12> kNat64{0x00, 0x64, 0xff, 0x9b};

/// Do the first `bits` bits agree?
bool has_prefix(std::span<const std::uint8_t> address, std::span<const std::uint8_t> prefix, unsigned bits) {
  const std::size_t whole = bits / 8;
  for (std::size_t i = 0; i < whole; ++i) {
    if (address[i] != prefix[i]) return false;
  }
  const unsigned rest = bits % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xffU << (8U - rest));
  return (address[whole] & mask) == (prefix[whole] & mask);
}

std::string_view special_use_v4(std::span<const std::uint8_t> octets) {
  for (const BlockV4& block : kBlocksV4) {
    if (has_prefix(octets, block.prefix, block.bits)) return block.name;
  }
  return {};
}

std::string_view special_use_v6(std::span<const std::uint8_t> octets) {
  if (has_prefix(octets, kNat64, 96)) return special_use_v4(octets.subspan(12));
  for (const BlockV6& block : kBlocksV6) {
    if (has_prefix(octets, block.prefix, block.bits)) return block.name;
  }
  const bool is_global_unicast = (octets[0] & 0xe0U) == 0x20U;
  return is_global_unicast ? std::string_view{} : "not assigned for public unicast";
}

}  // namespace

std::string_view special_use(const boost::asio::ip::address& address) {
  if (address.is_v4()) return special_use_v4(address.to_v4().to_bytes());
  return special_use_v6(address.to_v6().to_bytes());
}

}  // namespace certbound::fetch
