import Glibc

/// How many files and connections the process may have open at once (getrlimit(2)).
enum DescriptorLimit {
  /// What is kept back for what is no connection of the public listener: the database, the admin
  /// listener's connections, the event loops, and connections that are accepted just before the
  /// listener sees that it has enough.
  static let reserve = 256

  /// Raises the soft limit to the hard one, as far as the system lets it.
  ///
  /// - Returns: The limit that is in force.
  static func raise() -> Int {
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    var limit = rlimit()
    guard getrlimit(resource, &limit) == 0 else { return 1_024 }
    var raised = limit
    raised.rlim_cur = limit.rlim_max
    if setrlimit(resource, &raised) == 0 { limit = raised }
    return Int(clamping: limit.rlim_cur)
  }

  /// What is in force; 0 when the system does not tell.
  static var current: Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
    return Int(clamping: limit.rlim_cur)
  }

  /// - Returns: As many connections as are wanted, or as there are descriptors for; at least one.
  static func connectionCount(_ wanted: Int, limit: Int) -> Int {
    max(1, min(wanted, limit - self.reserve))
  }
}
