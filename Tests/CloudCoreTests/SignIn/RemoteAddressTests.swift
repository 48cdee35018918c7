import CloudCore
import Testing

struct RemoteAddressTests {
  @Test(arguments: [
    ("192.0.2.1", "192.0.2.1"),
    ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
    ("2001:db8::1", "2001:db8:0:0::/64"),
    ("::1", "0:0:0:0::/64"), ("fe80::1%eth0", "fe80:0:0:0::/64"),
    ("::ffff:192.0.2.1", "192.0.2.1"), ("::ffff:c000:201", "192.0.2.1"),
    ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
    ("64:ff9b::192.0.2.33", "64:ff9b:0:0::/64"),
  ])
  func `an IPv6 address counts as its 64-bit prefix`(address: String, network: String) {
    #expect(RemoteAddress(address).network.text == network)
  }

  @Test(arguments: [
    "unknown", "", ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::",
    "g::1", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3", "::1.2.3.256", "1:2:3:4:5:6:7:8::", "app-3",
  ])
  func `what is no address stays as it is`(text: String) {
    #expect(RemoteAddress(text).network.text == text)
  }
}
