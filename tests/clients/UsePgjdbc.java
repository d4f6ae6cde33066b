// pgjdbc as its users use it: java -cp postgresql.jar UsePgjdbc.java URL; ends with a code other than 0 on any deviation.
import java.math.BigDecimal;
import java.sql.*;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

public class UsePgjdbc {
    interface Act { void run() throws SQLException; }

    static void check(boolean holds, String what) {
        if (!holds) throw new AssertionError(what);
    }

    static void refused(String state, Act act) throws SQLException {
        try {
            act.run();
        } catch (SQLException error) {
            check(state.equals(error.getSQLState()), state + " expected: " + error.getSQLState() + " " + error.getMessage());
            return;
        }
        throw new AssertionError(state + " expected");
    }

    static long one(Connection db, String sql) throws SQLException {
        try (Statement statement = db.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getLong(1);
        }
    }

    public static void main(String[] arguments) throws Exception {
        for (String mode : new String[] {"extended", "extendedForPrepared", "extendedCacheEverything"}) {
            try (Connection db = DriverManager.getConnection(arguments[0] + "&preferQueryMode=" + mode)) {
                use(db);
            }
        }
    }

    static void use(Connection db) throws Exception {
        Statement plain = db.createStatement();
        plain.execute("drop table if exists client_jdbc");
        plain.execute("create table client_jdbc (id int primary key, name varchar(40), price numeric(10,2), made timestamp, raw bytea)");
        try (PreparedStatement add = db.prepareStatement("insert into client_jdbc values (?, ?, ?, ?, ?)")) {
            for (int n = 0; n < 500; n++) {
                add.setInt(1, n);
                add.setString(2, "n" + n);
                add.setBigDecimal(3, new BigDecimal("1.50"));
                add.setTimestamp(4, Timestamp.valueOf("2024-02-29 12:34:56.789"));
                add.setBytes(5, new byte[] {0, (byte) 255});
                add.addBatch();
            }
            check(add.executeBatch().length == 500, "a batch of 500");
        }
        try (PreparedStatement read = db.prepareStatement("select * from client_jdbc where id = ?")) {
            for (int n = 0; n < 20; n++) {
                read.setInt(1, n);
                try (ResultSet rows = read.executeQuery()) {
                    check(rows.next() && rows.getString("name").equals("n" + n), "row " + n);
                    check(rows.getBigDecimal("price").equals(new BigDecimal("1.50")), "price");
                    check(rows.getTimestamp("made").equals(Timestamp.valueOf("2024-02-29 12:34:56.789")), "made");
                    check(rows.getBytes("raw").length == 2, "raw");
                }
            }
        }
        db.setAutoCommit(false);
        try (Statement portions = db.createStatement()) {
            portions.setFetchSize(7);
            int seen = 0;
            try (ResultSet rows = portions.executeQuery("select id from client_jdbc order by id")) {
                while (rows.next()) check(rows.getInt(1) == seen++, "in order");
            }
            check(seen == 500, "500 rows in portions of 7: " + seen);
        }
        db.commit();
        Savepoint point = null;
        plain.executeUpdate("delete from client_jdbc where id = 0");
        point = db.setSavepoint();
        plain.executeUpdate("delete from client_jdbc");
        db.rollback(point);
        db.commit();
        check(one(db, "select count(*) from client_jdbc") == 499, "a savepoint");
        db.rollback();
        db.setAutoCommit(true);
        check(plain.executeUpdate("update client_jdbc set price = price * 2 where id <= 10") == 10, "ten rows");
        refused("23505", () -> plain.executeUpdate("insert into client_jdbc (id) values (1)"));
        refused("42P01", () -> plain.executeQuery("select * from nothing_of_this_name"));
        refused("22012", () -> plain.executeQuery("select 1 / 0"));
        refused("22001", () -> plain.executeUpdate("update client_jdbc set name = repeat('x', 41)"));
        try (ResultSet keys = db.getMetaData().getPrimaryKeys(null, "public", "client_jdbc")) {
            check(keys.next() && keys.getString("COLUMN_NAME").equals("id"), "the primary key");
        }
        try (ResultSet columns = db.getMetaData().getColumns(null, "public", "client_jdbc", "%")) {
            int number = 0;
            while (columns.next()) number++;
            check(number == 5, "five columns: " + number);
        }
        try (ResultSet tables = db.getMetaData().getTables(null, "public", "client_jdbc", new String[] {"TABLE"})) {
            check(tables.next(), "the table");
        }
        CountDownLatch done = new CountDownLatch(1);
        Statement sleep = db.createStatement();
        Thread canceller = new Thread(() -> {
            try {
                // A request that comes too early cancels nothing.
                while (!done.await(100, TimeUnit.MILLISECONDS)) sleep.cancel();
            } catch (Exception error) {
                error.printStackTrace();
            }
        });
        canceller.start();
        try {
            refused("57014", () -> sleep.execute("select pg_sleep(60)"));
        } finally {
            done.countDown();
            canceller.join();
        }
        check(db.isValid(10), "the connection goes on");
        plain.execute("drop table client_jdbc");
    }
}
