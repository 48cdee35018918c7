import DeviceProtocol

/// The tables of a `MemoryStore`, and how to undo what is not yet certain to last.
final class MemoryRecords {
  var tables = MemoryTables()
  var saved: [SnapshotName: (info: SnapshotInfo, tables: MemoryTables)] = [:]
  /// Since the transaction's beginning, or since `sync` when that is what makes a commit durable;
  /// newest last.
  private var undoSteps: [MemoryTables.UndoStep] = []
  /// How many of them the transactions before this one have left.
  private var committedStepCount = 0
  private let forgetsUnsynced: Bool

  init(forgetsUnsynced: Bool) { self.forgetsUnsynced = forgetsUnsynced }

  func commit() {
    if self.forgetsUnsynced {
      self.committedStepCount = self.undoSteps.count
    } else {
      self.sync()
    }
  }

  func rollBack() {
    while self.undoSteps.count > self.committedStepCount {
      self.tables.undo(self.undoSteps.removeLast())
    }
  }

  func sync() {
    // The room for an ordinary transaction stays; a step takes some 300 bytes.
    self.undoSteps.removeAll(keepingCapacity: self.undoSteps.count <= 64)
    self.committedStepCount = 0
  }

  func crash() {
    self.committedStepCount = 0
    self.rollBack()
  }

  func restore(_ tables: MemoryTables) {
    self.sync()
    self.tables = tables
  }

  func canUndo(_ step: MemoryTables.UndoStep) { self.undoSteps.append(step) }
}
