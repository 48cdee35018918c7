import CloudCore

// For measuring what a population takes.

extension World {
  package enum Part: CaseIterable {
    /// Machines, with what surrounds each and its flash.
    case devices
    case apps
    /// The cloud's records, and its ends of the event streams.
    case cloud
    /// What is to happen.
    case plans
  }

  /// Gives up a part of a world that is not played any further.
  package mutating func drop(_ part: Part) {
    switch part {
    case .devices: self.devices = []
    case .apps: self.apps = []
    case .cloud:
      self.cloud.store.restore(MemoryStore().snapshot())
      self.cloud.streams = []
      self.cloud.freeStreams = []
    case .plans: self.queue = EventQueue()
    }
  }
}
