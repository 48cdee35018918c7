import CloudCore

// Who is meant, without a look at each of a fleet's millions.

extension World {
  /// Of the device with this id; mostly it is the one that speaks.
  func index(of device: DeviceID, near client: Exchange.Client?) -> Int? {
    switch client {
    case .device(let index, _), .stream(let index):
      if self.devices[index].specification.id == device { return index }
    case .app(let app), .appStream(let app):
      // An owner of a fleet has one device, and perhaps a scale.
      let first = self.scenario.devices.count + app - self.scenario.owners.count
      for index in [first, first + (self.scenario.fleet?.count ?? 0)]
      where app >= self.scenario.owners.count && self.devices.indices.contains(index)
        && self.devices[index].specification.id == device
      {
        return index
      }
    case .thief, .probe, .nobody, nil: break
    }
    return self.devices.firstIndex { $0.id == device }
  }

  /// Among which all event streams are of a session that ended through what this client asked for, by
  /// place. In a fleet a session is its client's own, or of the one device that its owner has.
  func streams(thatMayBeOf client: Exchange.Client?) -> [Int32] {
    guard self.scenario.fleet != nil, let client else {
      return self.cloud.streams.indices.map { Int32($0) }
    }
    var devices = Array(0..<self.scenario.devices.count)
    var apps = Array(0..<self.scenario.owners.count)
    switch client {
    case .device(let index, _), .stream(let index): devices.append(index)
    case .app(let app), .appStream(let app):
      apps.append(app)
      let first = self.scenario.devices.count + app - self.scenario.owners.count
      devices += [first, first + (self.scenario.fleet?.count ?? 0)]
    case .thief(let copy), .probe(let copy, _):
      if let device = self.thief.copies[copy].device { devices.append(device) }
    case .nobody: return self.cloud.streams.indices.map { Int32($0) }
    }
    var streams: [Int32] = []
    for index in devices where self.devices.indices.contains(index) {
      streams += [self.devices[index].stream, self.devices[index].previousStream].compactMap { $0 }
    }
    for app in apps { streams += [self.apps[app].stream].compactMap { $0 } }
    return Set(streams).sorted()
  }
}
