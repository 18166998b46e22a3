// Asks the store by clickhouse-go over HTTP, and prints a line an answer.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

func main() {
	ctx := context.Background()
	store, err := clickhouse.Open(&clickhouse.Options{
		Addr:        []string{os.Args[1]},
		Protocol:    clickhouse.HTTP,
		Auth:        clickhouse.Auth{Database: "banwatch", Username: "reader"},
		Compression: &clickhouse.Compression{Method: method(os.Args[3])},
	})
	must(err)
	defer store.Close()

	var text string
	var at time.Time
	var topics []string
	var likes *uint64
	row := store.QueryRow(ctx, "SELECT text, created_at, topics, likes FROM posts WHERE text = ?", os.Args[2])
	must(row.Scan(&text, &at, &topics, &likes))
	fmt.Println(text, at.UTC().Format(time.RFC3339), len(topics), likes == nil)

	rows, err := store.Query(ctx, "SELECT number, repeat('x', 100) FROM numbers(300000)")
	must(err)
	sum := uint64(0)
	for rows.Next() {
		var number uint64
		var letters string
		must(rows.Scan(&number, &letters))
		sum += number + uint64(len(letters))
	}
	must(rows.Err())
	fmt.Println(sum)

	_, err = store.Query(ctx, "SELECT * FROM post_versions")
	var refused *clickhouse.Exception
	fmt.Println(err != nil && (errors.As(err, &refused) || len(err.Error()) > 0))
}

func method(name string) clickhouse.CompressionMethod {
	return map[string]clickhouse.CompressionMethod{
		"none": clickhouse.CompressionNone,
		"gzip": clickhouse.CompressionGZIP,
	}[name]
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
