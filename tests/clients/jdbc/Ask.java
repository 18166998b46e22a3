import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;

/** Asks the store by JDBC, with the driver's own defaults, and prints a line an answer. */
public class Ask {
    public static void main(String[] arguments) throws SQLException {
        var options = new Properties();
        options.setProperty("user", "reader");
        options.setProperty("password", "");
        try (var connection = DriverManager.getConnection("jdbc:clickhouse://" + arguments[0] + "/banwatch", options)) {
            try (var statement = connection.prepareStatement("SELECT text, created_at, topics, likes FROM posts WHERE text = ?")) {
                statement.setString(1, arguments[1]);
                var row = statement.executeQuery();
                row.next();
                var topics = (Object[]) row.getArray(3).getArray();
                System.out.println(row.getString(1) + " " + row.getTimestamp(2).toInstant() + " " + topics.length + " " + row.getObject(4));
            }
            try (var statement = connection.createStatement()) {
                var rows = statement.executeQuery("SELECT number, repeat('x', 100) FROM numbers(300000)");
                long sum = 0;
                while (rows.next()) {
                    sum += rows.getLong(1) + rows.getString(2).length();
                }
                System.out.println(sum);
            }
            var tables = connection.getMetaData().getTables(null, "banwatch", "counts", null);
            System.out.println(tables.next() ? tables.getString("TABLE_NAME") : "nothing");
            try (var statement = connection.createStatement()) {
                statement.executeQuery("SELECT * FROM post_versions");
            } catch (SQLException error) {
                System.out.println(error.getErrorCode());
            }
        }
    }
}
