import NIOCore

extension String {
  /// In the one spelling that peers' addresses have; nil for what is no IP address.
  var asIPAddress: String? { try? SocketAddress(ipAddress: self, port: 0).ipAddress }
}
