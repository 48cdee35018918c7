import CloudCore
import DeviceProtocol
import GRDB

extension SQLiteTransaction {
  func motions(of device: DeviceID, limit: Int) throws -> [MotionRecord] {
    try self.fetchAll(
      """
      SELECT motions.device, motions.binding, sequence, at
      FROM motions JOIN devices ON devices.id = motions.device
      WHERE devices.id = ? AND motions.binding = devices.binding
      ORDER BY sequence DESC LIMIT ?
      """, [device.text, limit]
    ) {
      MotionRecord(
        device: DeviceID(bits: try $0.uuid()), binding: try $0.integer(),
        sequence: try $0.integer(),
        at: try $0.time())
    }.reversed()
  }

  func measurements(of device: DeviceID, limit: Int) throws -> [MeasurementRecord] {
    try self.fetchAll(
      """
      SELECT measurements.device, measurements.binding, sequence, at, weight_grams,
        impedance_ohms, fat_permille, water_permille, muscle_grams, bone_grams
      FROM measurements JOIN devices ON devices.id = measurements.device
      WHERE devices.id = ? AND measurements.binding = devices.binding
      ORDER BY sequence DESC LIMIT ?
      """, [device.text, limit]
    ) {
      MeasurementRecord(
        device: DeviceID(bits: try $0.uuid()), binding: try $0.integer(),
        sequence: try $0.integer(),
        at: try $0.time(), weightGrams: try $0.integer(), impedanceOhms: try $0.integerOrNil(),
        fatPermille: try $0.integerOrNil(), waterPermille: try $0.integerOrNil(),
        muscleGrams: try $0.integerOrNil(), boneGrams: try $0.integerOrNil())
    }.reversed()
  }

  func insert(_ motion: MotionRecord) throws -> Bool {
    try self.execute(
      """
      INSERT INTO motions (device, binding, sequence, at) VALUES (?, ?, ?, ?)
      ON CONFLICT DO NOTHING
      """,
      [motion.device.text, column(motion.binding), Int64(motion.sequence), column(motion.at)])
    return self.database.changesCount > 0
  }

  func insert(_ measurement: MeasurementRecord) throws -> Bool {
    try self.execute(
      """
      INSERT INTO measurements (device, binding, sequence, at, weight_grams, impedance_ohms,
        fat_permille, water_permille, muscle_grams, bone_grams)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT DO NOTHING
      """,
      [
        measurement.device.text, column(measurement.binding), Int64(measurement.sequence),
        column(measurement.at), Int64(measurement.weightGrams), measurement.impedanceOhms,
        measurement.fatPermille, measurement.waterPermille, measurement.muscleGrams,
        measurement.boneGrams,
      ])
    return self.database.changesCount > 0
  }

  func removeRecordings(of device: DeviceID) throws {
    try self.execute("DELETE FROM motions WHERE device = ?", [device.text])
    try self.execute("DELETE FROM measurements WHERE device = ?", [device.text])
  }
}
