#include "fetch/address.hpp"

#include <string>

#include <gtest/gtest.h>

namespace certbound::fetch {

namespace {

bool is_special(const std::string& text) { return !special_use(boost::asio::ip::make_address(text)).empty(); }

/// A block's first and last address, and its neighbours where they are ordinary.
struct BlockEdges {
  const char* name;
  const char* first;
  const char* last;
  const char* before;  // null: special as well, or outside the address space
  const char* after;
};

constexpr BlockEdges kEdges[] = {
    {"this network", "0.0.0.0", "0.255.255.255", nullptr, "1.0.0.0"},
    {"private", "10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"},
    {"shared (carrier-grade NAT)", "100.64.0.0", "100.127.255.255", "100.63.255.255", "100.128.0.0"},
    {"loopback", "127.0.0.0", "127.255.255.255", "126.255.255.255", "128.0.0.0"},
    {"link-local", "169.254.0.0", "169.254.255.255", "169.253.255.255", "169.255.0.0"},
    {"private", "172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0"},
    {"IETF protocol assignments", "192.0.0.0", "192.0.0.255", "191.255.255.255", "192.0.1.0"},
    {"documentation", "192.0.2.0", "192.0.2.255", "192.0.1.255", "192.0.3.0"},
    {"AS112", "192.31.196.0", "192.31.196.255", "192.31.195.255", "192.31.197.0"},
    {"AMT", "192.52.193.0", "192.52.193.255", "192.52.192.255", "192.52.194.0"},
    {"6to4 relay", "192.88.99.0", "192.88.99.255", "192.88.98.255", "192.88.100.0"},
    {"private", "192.168.0.0", "192.168.255.255", "192.167.255.255", "192.169.0.0"},
    {"AS112", "192.175.48.0", "192.175.48.255", "192.175.47.255", "192.175.49.0"},
    {"benchmarking", "198.18.0.0", "198.19.255.255", "198.17.255.255", "198.20.0.0"},
    {"documentation", "198.51.100.0", "198.51.100.255", "198.51.99.255", "198.51.101.0"},
    {"documentation", "203.0.113.0", "203.0.113.255", "203.0.112.255", "203.0.114.0"},
    {"multicast", "224.0.0.0", "239.255.255.255", "223.255.255.255", nullptr},
    {"reserved", "240.0.0.0", "255.255.255.255", nullptr, nullptr},
    {"unspecified", "::", "::", nullptr, nullptr},
    {"loopback", "::1", "::1", nullptr, nullptr},
    {"IPv4-compatible", "::2", "::ffff:ffff", nullptr, nullptr},
    {"IPv4-mapped", "::ffff:0.0.0.0", "::ffff:255.255.255.255", nullptr, nullptr},
    {"local NAT64", "64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", nullptr, nullptr},
    {"discard", "100::", "100::ffff:ffff:ffff:ffff", nullptr, nullptr},
    {"Teredo", "2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", nullptr, nullptr},
    {"IETF protocol assignments", "2001:1::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", nullptr, "2001:200::"},
    {"documentation", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db7:ffff::", "2001:db9::"},
    {"6to4", "2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:ffff::", "2003::"},
    {"AS112", "2620:4f:8000::", "2620:4f:8000:ffff:ffff:ffff:ffff:ffff", "2620:4f:7fff::", "2620:4f:8001::"},
    {"documentation", "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "3ffe:ffff::", "3fff:1000::"},
    {"segment routing", "5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nullptr, nullptr},
    {"unique local", "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nullptr, nullptr},
    {"link-local", "fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nullptr, nullptr},
    {"site-local", "fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nullptr, nullptr},
    {"multicast", "ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nullptr, nullptr},
};

}  // namespace

// IANA IPv4 and IPv6 Special-Purpose Address Registries.
TEST(SpecialUse, KnowsEveryBlockToItsEdges) {
  for (const BlockEdges& edges : kEdges) {
    EXPECT_EQ(special_use(boost::asio::ip::make_address(edges.first)), edges.name) << edges.first;
    EXPECT_EQ(special_use(boost::asio::ip::make_address(edges.last)), edges.name) << edges.last;
    if (edges.before != nullptr) {
      EXPECT_FALSE(is_special(edges.before)) << edges.before;
    }
    if (edges.after != nullptr) {
      EXPECT_FALSE(is_special(edges.after)) << edges.after;
    }
  }
}

TEST(SpecialUse, LeavesPublicAddressesAlone) {
  for (const char* text :
       {"1.1.1.1", "8.8.8.8", "93.184.215.14", "2606:4700::1111", "2a00:1450:4001::8", "2001:4860::1"}) {
    EXPECT_FALSE(is_special(text)) << text;
  }
}

// RFC 6052: a network with NAT64 reaches IPv4 hosts under this prefix, those of its own as well.
TEST(SpecialUse, JudgesNat64ByTheAddressInIt) {
  EXPECT_FALSE(is_special("64:ff9b::8.8.8.8"));
  EXPECT_TRUE(is_special("64:ff9b::127.0.0.1"));
  EXPECT_TRUE(is_special("64:ff9b::10.0.0.1"));
  EXPECT_TRUE(is_special("64:ff9b::169.254.169.254"));
  EXPECT_TRUE(is_special("64:ff9b::1:8.8.8.8"));
}

TEST(SpecialUse, RefusesWhatEmbedsAnAddress) {
  for (const char* text : {"::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1",
                           "2002:7f00:1::", "2002:808:808::", "2001:0:808:808::f5ff:fffe"}) {
    EXPECT_TRUE(is_special(text)) << text;
  }
}

TEST(SpecialUse, RefusesWhatIsAssignedToNobody) {
  for (const char* text : {"64:ff9a::", "200::1", "1fff::1", "4000::1", "8000::1", "fe00::1"}) {
    EXPECT_EQ(special_use(boost::asio::ip::make_address(text)), "not assigned for public unicast") << text;
  }
}

}  // namespace certbound::fetch
